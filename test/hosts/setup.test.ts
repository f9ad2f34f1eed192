import { describe, expect, it } from "vitest";
import { hosts } from "./lab.ts";
import { engines, topology, two } from "./one-p-one-d.ts";
import { pdctl, start } from "./pdctl.ts";

const said = ({ stdout, stderr }: { stdout: string; stderr: string }) => stdout + stderr;
const steps = (...lines: readonly string[]) => ["setup:", ...lines.map((line) => `  - ${line}`)];

describe("setup steps", () => {
  it("run once on each node before anything is started there, and not at all when nothing is", async () => {
    await using lab = await hosts(two);
    const count = "{ name: count, run: 'echo ran >> /root/setup-count; ! pgrep -x node' }";
    const file = topology("prepared", { more: steps(count, "{ name: only-n1, nodes: n1, run: test -s setup-count }") });
    const planned = await pdctl(["plan", file]);
    expect(planned.stdout).toMatch(
      /setup {3}once per node[^\n]*\n {2}count +n\[0-1\] +echo ran .*\n {2}only-n1 +n1 +test -s setup-count\n/,
    );
    const up = await pdctl(["up", file]);
    expect(up.code, said(up)).toBe(0);
    expect(said(up)).toMatch(/setup +count, only-n1 on 2 nodes/);
    expect((await pdctl(["up", file])).code).toBe(0);
    for (const { name } of two) {
      expect(lab.host(name).read("/root/setup-count")).toBe("ran\n");
    }
    expect((await pdctl(["down", file])).code).toBe(0);
    expect(lab.leftovers()).toEqual(two.map(({ name }) => `${name}: file /root/setup-count`)); // what a step makes is the user's
  });

  it("of a launcher that was killed end before the next one begins them", async () => {
    await using lab = await hosts(two);
    const step =
      "{ name: alone, nodes: n0, run: 'echo begins >> alone; until test -e go; do sleep 0.1; done; echo ends >> alone' }";
    const file = topology("alone", { more: steps(step) });
    await using killed = start(["up", file]);
    await expect.poll(() => lab.host("n0").files("/root"), { timeout: 20_000 }).toContain("alone");
    killed.kill("SIGKILL");
    const early = await pdctl(["up", file, "--timeout", "5s"]);
    expect(early.code, said(early)).toBe(7);
    lab.host("n0").write("/root/go", "");
    const up = await pdctl(["up", file, "--wait-lock", "30s"]);
    expect(up.code, said(up)).toBe(0);
    expect(lab.host("n0").read("/root/alone")).toBe("begins\nends\nbegins\nends\n");
    expect((await pdctl(["down", file])).code).toBe(0);
  });

  it("that fail are named with their node and their own words, and nothing was started", async () => {
    await using lab = await hosts(two);
    const more = steps(
      "{ name: mount, nodes: n1, run: 'echo no such server >&2; exit 32' }",
      "{ name: never, nodes: n1, run: touch /root/never }",
      "{ name: slow, nodes: n0, run: sleep 600, timeout: 1s }",
    );
    const up = await pdctl(["up", topology("unprepared", { more })]);
    expect(up.code, said(up)).toBe(1);
    expect(said(up)).toMatch(/setup step mount ended with exit code 32/);
    expect(said(up)).toMatch(/where +n1\n +why +no such server/);
    expect(said(up)).toMatch(/setup step slow was not done within 1s/);
    expect(said(up)).toMatch(/not up after .*; setup did not end well on n\[0-1\], nothing was started/);
    expect(lab.hosts.flatMap(engines)).toEqual([]);
    expect(lab.host("n1").files("/root")).not.toContain("/root/never");
    expect(
      lab
        .host("n0")
        .processes()
        .filter(({ argv }) => argv[0] === "sleep"),
    ).toEqual([]);
  });

  it("are left out of a rehearsal, which says so", async () => {
    await using lab = await hosts(two);
    const up = await pdctl(["up", "--rehearse", topology("rehearsed", { more: steps("{ name: fail, run: exit 1 }") })]);
    expect(up.code, said(up)).toBe(0);
    expect(said(up)).not.toMatch(/setup step/);
    expect(lab.leftovers()).toEqual([]);
  });
});
