import { describe, expect, it } from "vitest";
import { hosts } from "./lab.ts";
import { engines, topology, two } from "./one-p-one-d.ts";
import { pdctl, start } from "./pdctl.ts";

const said = ({ stdout, stderr }: { stdout: string; stderr: string }) => stdout + stderr;

/** A connection goes away and comes back in the middle of a verb: lost is not dead, and nothing is done twice. */
describe("a node that is lost for a while", () => {
  it("while its engine loads is waited for, the lock on it is taken again, and up still ends with a proof", async () => {
    await using lab = await hosts(two);
    const file = topology("blink", { faults: { "*": { loadSeconds: 5 } }, ssh: "{ connect_timeout: 1s }" });
    await using up = start(["up", file]);
    await up.until(/engines +.*started/);
    await expect.poll(() => lab.hosts.flatMap(engines), { timeout: 5_000 }).toHaveLength(2);
    const before = lab.hosts.flatMap(engines);
    for (const host of lab.hosts) // what a rebooted switch does to a connection
      for (const { argv, pid } of host.processes())
        if (/^sshd: root@notty|^sshd-session: root@notty/.test(argv[0] ?? "")) host.kill(pid);
    await up.until(/n0.*lost/);
    const ended = await up.ended;
    expect(ended.code, said(ended)).toBe(0);
    expect(said(ended)).toMatch(/prompt tokens came from prefill/);
    expect(said(ended)).toMatch(/n0 is back after/);
    expect(lab.hosts.flatMap(engines)).toEqual(before);
    const down = await pdctl(["down", file]);
    expect(down.code, said(down)).toBe(0);
    expect(lab.leftovers()).toEqual([]);
  });

  it("logs -f goes on where it broke off, and says what it could not read", async () => {
    await using lab = await hosts(two);
    const count = 'i=0; while sleep 0.1; do i=$((i + 1)); echo "tick $i ✔"; done';
    const more = ["services:", `  - { name: clock, node: n1, command: [bash, -c, '${count}'] }`];
    const file = topology("follow", { more, ssh: "{ connect_timeout: 1s }" });
    expect((await pdctl(["up", file, "--no-smoke"])).code).toBe(0);
    await using follow = start(["logs", file, "clock", "-f"]);
    await follow.until(/tick \d+ ✔/);
    for (const { argv, pid } of lab.host("n1").processes())
      if (/^sshd: root@notty|^sshd-session: root@notty/.test(argv[0] ?? "")) lab.host("n1").kill(pid);
    await follow.until(/n1 lost, asking again; the log goes on there/);
    await follow.until(/n1 back/);
    await follow.until(/tick \d+ ✔/);
    const clock = lab
      .host("n1")
      .processes()
      .find(({ argv }) => argv[2]?.includes("tick") === true);
    lab.host("n1").kill(clock?.pid ?? 0);
    await follow.until(/died, killed by signal KILL/);
    follow.kill("SIGINT");
    const ended = await follow.ended;
    expect(ended.code).toBe(0);
    const ticks = [...ended.stdout.matchAll(/tick (\d+) ✔/g)].map(([, n]) => Number(n));
    expect(ticks).toEqual(ticks.map((_, index) => (ticks[0] ?? 0) + index)); // none twice, none missing
    {
      await using _cut = await lab.host("n1").cutLink();
      const logs = await pdctl(["logs", file]);
      expect(logs.code).toBe(5);
      expect(logs.stdout).toMatch(/prefill-0-0/);
      expect(said(logs)).toMatch(/n1 .*not read/);
      const down = await pdctl(["down", file]);
      expect(down.code).toBe(5);
      expect(said(down)).toMatch(/decode-0-0 may still run there/);
    }
    const down = await pdctl(["down", file]);
    expect(down.code, said(down)).toBe(0);
    expect(lab.leftovers()).toEqual([]);
  });
});
