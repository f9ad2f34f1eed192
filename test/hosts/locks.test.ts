import { describe, expect, it } from "vitest";
import { hosts } from "./lab.ts";
import { engines, topology, two } from "./one-p-one-d.ts";
import { pdctl, start } from "./pdctl.ts";

const said = ({ stdout, stderr }: { stdout: string; stderr: string }) => stdout + stderr;

/** Who may change a cluster, when several want to, and when one of them stands still for longer than its heartbeat allows. */
describe("the locks of a cluster", () => {
  it("tell who holds them, keep nobody from looking, and a launcher that stood still is overtaken and changes nothing", async () => {
    await using lab = await hosts(two);
    const slow = { faults: { "*": { loadSeconds: 300 } } };
    const file = topology("stall", slow);
    const reversed = topology("stall", { ...slow, reversed: true, file: "stall-reversed" }); // its first node is n1
    const both = [file, reversed, file, reversed].map((one) => pdctl(["down", one, "--wait-lock", "60s"]));
    for (const down of await Promise.all(both)) expect(down.code, said(down)).toBe(0); // who waits keeps nobody waiting

    await using first = start(["up", file], { env: { CI_JOB_URL: "https://ci.example.org/job/4711" } });
    await first.until(/engines +.*started/, { withinMs: 60_000 });
    await expect.poll(() => lab.hosts.flatMap(engines), { timeout: 30_000 }).toHaveLength(2);
    first.kill("SIGSTOP");

    const status = await pdctl(["status", file, "--json"]);
    expect(status.code).toBe(5);
    expect((await pdctl(["logs", file, "prefill"])).code).toBe(0);
    const refused = await pdctl(["down", file]);
    expect(refused.code).toBe(7);
    expect(said(refused)).toMatch(/stall is locked by \S+@\S+: pdctl up, for [\d.]+s/);
    const where = new RegExp(`lock on n0, pid ${first.pid}, last sign of life .* ago, https://ci.example.org/job/4711`);
    expect(said(refused)).toMatch(where);
    expect(said(refused)).toMatch(/pdctl down stall --wait-lock 10m/);
    const elsewhere = await pdctl(["up", reversed]);
    expect(elsewhere.code, said(elsewhere)).toBe(7);
    expect(lab.hosts.flatMap(engines)).toHaveLength(2);

    await using second = start(["down", reversed, "--wait-lock", "90s"]);
    await second.until(/waits for the lock on n\d: \S+, pdctl up, for/, { withinMs: 60_000 });
    const ended = await second.ended;
    expect(ended.code, said(ended)).toBe(0);
    expect(lab.leftovers()).toEqual([]);

    first.kill("SIGCONT");
    const late = await first.ended;
    expect(late.code, said(late)).toBe(7);
    expect(said(late)).toMatch(/pdctl itself stood still for \d+/);
    expect(lab.leftovers()).toEqual([]);
  });
});
