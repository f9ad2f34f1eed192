import { describe, expect, it } from "vitest";
import { hosts } from "./lab.ts";
import { engines, topology, two } from "./one-p-one-d.ts";
import { pdctl, start } from "./pdctl.ts";

const said = ({ stdout, stderr }: { stdout: string; stderr: string }) => stdout + stderr;

/** ^C is an answer at every moment: exit 130, the truth about what runs, the lock free at once, and the next verb goes on. */
describe("an interrupted verb", () => {
  it("up, in each of its phases, keeps what runs, says so, and down leaves nothing", async () => {
    await using lab = await hosts(two);
    const file = topology("stop", { faults: { "decode-0-0": { loadSeconds: 0.7, msPerToken: 50 } } });
    const moments = [
      /connect +2 of 2 nodes/,
      /check +\d+ passed/,
      /push +\d+ files/,
      /decode-0 +started|engines +.*started/,
      /proxy +ready/,
    ];
    for (const moment of moments) {
      await using up = start(["up", file]);
      await up.until(moment);
      up.kill("SIGINT");
      const ended = await up.ended;
      expect(ended.code, said(ended)).toBe(130);
      expect(said(ended)).toMatch(/interrupted/);
      if (lab.hosts.flatMap(engines).length > 0) expect(said(ended)).not.toMatch(/nothing was started/);
    }
    await using terminated = start(["up", file]);
    await terminated.until(/connect +2 of 2 nodes/);
    terminated.kill("SIGTERM");
    expect((await terminated.ended).code).toBe(143);
    const up = await pdctl(["up", file]);
    expect(up.code, said(up)).toBe(0);
    expect((await pdctl(["down", file])).code).toBe(0);
    expect(lab.leftovers()).toEqual([]);
  });

  it("up, while it still waits for a node, lets go of those that it has reached, at once", async () => {
    await using lab = await hosts(two);
    const file = topology("connect", { ssh: "{ connect_timeout: 30s }" });
    await using _cut = await lab.host("n1").cutLink();
    await using up = start(["up", file]);
    await expect.poll(() => lab.host("n0").sshdLog(), { timeout: 10_000 }).toMatch(/Accepted publickey/);
    const at = performance.now();
    up.kill("SIGINT");
    const ended = await up.ended;
    expect(performance.now() - at).toBeLessThan(3_000);
    expect(ended.code, said(ended)).toBe(130);
    expect(lab.host("n0").leftovers()).toEqual([]);
  });

  it("down, while an engine takes its time to end, is 130, and a second down does what is left", async () => {
    await using lab = await hosts(two);
    const file = topology("slow", { faults: { "decode-0-0": { ignoreTerm: true } } });
    expect((await pdctl(["up", file])).code).toBe(0);
    await using down = start(["down", file, "--grace", "20s"]);
    await down.until(/proxy +stopped/);
    down.kill("SIGINT");
    const ended = await down.ended;
    expect(ended.code, said(ended)).toBe(130);
    expect(said(ended)).toMatch(/pdctl down/);
    const again = await pdctl(["down", file, "--grace", "500ms", "--wait-lock", "5s"]);
    expect(again.code, said(again)).toBe(0);
    expect(lab.leftovers()).toEqual([]);
  });

  it("late with --on-failure stop, everything is stopped and the exit says why", async () => {
    await using lab = await hosts(two);
    const file = topology("late", { faults: { "prefill-0-0": { neverReady: true } } });
    const up = await pdctl(["up", file, "--timeout", "2s", "--on-failure", "stop"]);
    expect(up.code).toBe(6);
    expect(lab.hosts.flatMap(engines)).toEqual([]);
    expect((await pdctl(["status", file])).code).toBe(1);
    const rehearsal = await pdctl(["up", file, "--rehearse", "--timeout", "2s"]);
    expect(rehearsal.code).toBe(6);
    expect(lab.hosts.flatMap(engines)).toEqual([]);
    expect((await pdctl(["down", file])).code).toBe(0);
    expect(lab.leftovers()).toEqual([]);
  });
});
