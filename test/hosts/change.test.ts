import { describe, expect, it } from "vitest";
import { hosts } from "./lab.ts";
import { engines, topology, two } from "./one-p-one-d.ts";
import { pdctl } from "./pdctl.ts";

const said = ({ stdout, stderr }: { stdout: string; stderr: string }) => stdout + stderr;
const third = { name: "n2", ip: "10.0.5.12" };

/** A topology changes while its cluster runs: what it no longer names must not run on, unseen. */
describe("a changed topology", () => {
  it("that moves decode to another node leaves nothing on the old one, and says what it will do before", async () => {
    await using lab = await hosts([...two, third]);
    expect((await pdctl(["up", topology("moves")])).code).toBe(0);
    const moved = topology("moves", { hosts: [two[0] ?? third, third] });
    const plan = await pdctl(["plan", moved, "--changes"]);
    expect(plan.stdout).toMatch(/- stop +decode-0\S* +moves from n1 to n2/);
    expect(plan.stdout).toMatch(/\+ start +decode-0/);
    const up = await pdctl(["up", moved, "--require-evidence"]);
    expect(up.code, said(up)).toBe(0);
    expect(lab.host("n1").leftovers()).toEqual([]);
    expect(engines(lab.host("n2"))).toHaveLength(1);
    const status = await pdctl(["status", moved]);
    expect(status.code, status.stdout).toBe(0);
    expect((await pdctl(["plan", moved, "--changes"])).stdout).toMatch(/^✔ nothing to do/);
    expect((await pdctl(["down", moved])).code).toBe(0);
    expect(lab.leftovers()).toEqual([]);
  });

  it("whose old node is away goes on without it, keeps it in mind, and lets go of it only when told", async () => {
    await using lab = await hosts([...two, third]);
    const ssh = "{ connect_timeout: 1s }";
    expect((await pdctl(["up", topology("replaced", { ssh })])).code).toBe(0);
    await lab.host("n1").crash();
    // the same name, another machine: what a replaced node looks like
    const replaced = topology("replaced", { ssh, hosts: [two[0] ?? third, { name: "n1", ip: third.ip }] });
    const up = await pdctl(["up", replaced]);
    expect(up.code, said(up)).toBe(0);
    expect(said(up)).toMatch(/n1@10\.0\.5\.11 is not in the topology any more/);
    const status = await pdctl(["status", replaced]);
    expect(status.code).toBe(5);
    const down = await pdctl(["down", replaced]);
    expect(down.code).toBe(5);
    expect(said(down)).toMatch(/gone from 2 of 3 nodes · n1@10\.0\.5\.11 unknown: no answer in 1/);
    const slip = await pdctl(["down", replaced, "--forget", "n9"]);
    expect(slip.code).toBe(2);
    expect(said(slip)).toMatch(/n9 is no node of replaced/);
    const forgotten = await pdctl(["down", replaced, "--forget", "n1@10.0.5.11"]);
    expect(forgotten.code, said(forgotten)).toBe(0);
    expect(lab.host("n0").leftovers()).toEqual([]);
    expect(lab.host("n2").leftovers()).toEqual([]);
  });

  it("that drops a side service stops it, and status does not mourn it", async () => {
    await using lab = await hosts(two);
    const more = ["services:", "  - { name: agent, node: n1, command: [sleep, '1000'] }"];
    expect((await pdctl(["up", topology("agent", { more })])).code).toBe(0);
    const without = topology("agent");
    const up = await pdctl(["up", without]);
    expect(up.code, said(up)).toBe(0);
    expect(said(up)).toMatch(/stop agent: not in /);
    expect(said(up)).toMatch(/Stop 1 service\? not a terminal: taken as yes/);
    expect(said(up)).not.toMatch(/requests fail/); // nobody needs it
    const status = await pdctl(["status", without]);
    expect(status.code, status.stdout).toBe(0);
    expect(status.stdout).not.toMatch(/agent\b.*stopped/);
    const down = await pdctl(["down"], { env: { XDG_STATE_HOME: "/tmp/elsewhere", PDCTL_TOPOLOGY: without } });
    expect(down.code, said(down)).toBe(0); // a launcher without an index finds it by the topology
    expect(lab.leftovers()).toEqual([]);
  });

  it("a cluster of another owner is refused, until it is adopted; a rehearsal never touches a real one", async () => {
    await using lab = await hosts(two);
    const file = topology("theirs");
    expect((await pdctl(["up", file])).code).toBe(0);
    const state = "/root/.pdctl/theirs/n1/state.json";
    lab.host("n1").write(
      state,
      lab
        .host("n1")
        .read(state)
        .replace(/"owner":"[^"]*"/, '"owner":"li@build-07"'),
      0o600,
    );
    const before = lab.hosts.flatMap(engines);
    const up = await pdctl(["up", file]);
    expect(up.code).toBe(7);
    expect(said(up)).toMatch(/li@build-07/);
    const down = await pdctl(["down", file]);
    expect([down.code, said(down)]).toEqual([7, expect.stringMatching(/theirs belongs to li@build-07/)]);
    const rehearsal = await pdctl(["up", file, "--rehearse", "--adopt"]);
    expect(rehearsal.code).toBe(8);
    expect(lab.hosts.flatMap(engines)).toEqual(before);
    const adopted = await pdctl(["up", file, "--adopt", "--set", "decode.args.max-num-seqs=8"]);
    expect(adopted.code, said(adopted)).toBe(0);
    expect(lab.host("n1").read(state)).not.toContain("li@build-07");
    expect((await pdctl(["down", file])).code).toBe(0);
    expect(lab.leftovers()).toEqual([]);
  });
});
