import { describe, expect, it } from "vitest";
import { streaming } from "./clients.ts";
import { hosts } from "./lab.ts";
import { engines, topology, two } from "./one-p-one-d.ts";
import { pdctl } from "./pdctl.ts";

const said = ({ stdout, stderr }: { stdout: string; stderr: string }) => stdout + stderr;
const serve = "http://10.0.5.10:8000/v1";
const faults = { "*": { msPerToken: 15 } };

describe("while clients stream", () => {
  it("an instance more, and one less, loses nothing: the proxy is told, and what goes ends what it has", async () => {
    await using lab = await hosts(two);
    const file = topology("scaled", { faults });
    expect((await pdctl(["up", file])).code).toBe(0);
    const before = lab.hosts.flatMap(engines);
    const proxy = lab
      .host("n0")
      .processes()
      .find(({ mark }) => mark?.endsWith("/proxy"))?.pid;
    await using clients = streaming(serve, 3);
    await clients.answered(3);

    const more = ["--set", "decode.instances=2"];
    const plan = await pdctl(["plan", file, "--changes", ...more]);
    expect(plan.stdout).toMatch(/~ change +proxy +its endpoints: 1 more; told while it runs/);
    const out = await pdctl(["up", file, ...more]);
    expect(out.code, said(out)).toBe(0);
    expect(lab.hosts.flatMap(engines)).toEqual(expect.arrayContaining(before)); // nobody was restarted
    expect(engines(lab.host("n1"))).toHaveLength(2);
    expect((await pdctl(["plan", file, "--changes", ...more])).stdout).toMatch(/^✔ nothing to do/);
    const names = await pdctl(["exec", file, "--", "echo", "here  it is"]); // and both nodes can be asked meanwhile
    expect(
      names.stdout
        .trimEnd()
        .split("\n")
        .sort((a, b) => a.localeCompare(b)),
    ).toEqual(["n0 │ here  it is", "n1 │ here  it is"]);
    await clients.answered(6);

    const less = await pdctl(["down", "scaled", "decode-1"]);
    expect(less.code, said(less)).toBe(0);
    expect(less.stdout).toMatch(/scaled has let go of decode-1: 1 service stopped, the rest serves on/);
    await clients.answered(3);
    const status = await pdctl(["status", "scaled"]);
    expect(status.code, status.stdout).toBe(0);
    expect((await pdctl(["plan", file, "--changes"])).stdout).toMatch(/^✔ nothing to do/);

    const { whole, lost } = await clients.stop();
    expect(lost).toEqual([]);
    expect(whole).toBeGreaterThan(12);
    expect(lab.hosts.flatMap(engines)).toEqual(before);
    expect(
      lab
        .host("n0")
        .processes()
        .find(({ mark }) => mark?.endsWith("/proxy"))?.pid,
    ).toBe(proxy);
    const down = await pdctl(["down", file]);
    expect(down.code, said(down)).toBe(0);
    expect(lab.leftovers()).toEqual([]);
  });

  it("a restart of one of two decodes, with all that met it and them, loses nothing; nor does a change of a whole role", async () => {
    await using lab = await hosts(two);
    const file = topology("rolled", { faults, prefill: ", instances: 2", decode: ", instances: 2" });
    expect((await pdctl(["up", file])).code).toBe(0);
    const [p0, d0] = [engines(lab.host("n0")), engines(lab.host("n1"))];
    await using clients = streaming(serve, 3);
    await clients.answered(3);

    const restart = await pdctl(["restart", file, "decode-0"]);
    expect(restart.code, said(restart)).toBe(0);
    expect(said(restart)).toMatch(/restart prefill-\[0-1\]: peer of decode-0/);
    expect(said(restart)).toMatch(/restart decode-1: peer of prefill-0, which restarts with decode-0/);
    expect(said(restart)).not.toMatch(/requests fail/);
    const [p1, d1] = [engines(lab.host("n0")), engines(lab.host("n1"))];
    expect([...p1, ...d1].filter((one) => [...p0, ...d0].includes(one))).toEqual([]);
    await clients.answered(3);

    const change = ["--set", "prefill.args.max-num-seqs=8"];
    const up = await pdctl(["up", file, ...change]);
    expect(up.code, said(up)).toBe(0);
    expect(said(up)).not.toMatch(/requests fail/);
    expect(lab.hosts.flatMap(engines).filter((one) => [...p1, ...d1].includes(one))).toEqual([]);
    expect((await pdctl(["plan", file, "--changes", ...change])).stdout).toMatch(/^✔ nothing to do/);

    const { whole, lost } = await clients.stop();
    expect(lost).toEqual([]);
    expect(whole).toBeGreaterThan(9);
    const down = await pdctl(["down", file]);
    expect(down.code, said(down)).toBe(0);
    expect(lab.leftovers()).toEqual([]);
  });
});
