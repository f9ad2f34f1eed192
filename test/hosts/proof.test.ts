import { describe, expect, it } from "vitest";
import { hosts } from "./lab.ts";
import { engines, topology, two } from "./one-p-one-d.ts";
import { pdctl, start } from "./pdctl.ts";

const said = ({ stdout, stderr }: { stdout: string; stderr: string }) => stdout + stderr;

/** Everything is ready, and that is not enough. */
describe("a proof that does not hold", () => {
  it("because decode died while it was asked names the death, not the proxy's answer, and stops with --on-failure stop", async () => {
    await using lab = await hosts(two);
    const dieLine = "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.31 GiB";
    const faults = { "decode-0-0": { dieAfterReadyMs: 1500, msPerToken: 100, dieLine } };
    const file = topology("dies", { faults });
    const up = await pdctl(["up", file]);
    expect(up.code).toBe(1);
    expect(said(up)).toMatch(/decode-0 died .* after its start, exit code 1/);
    expect(said(up)).toContain("CUDA out of memory");
    expect(said(up)).not.toMatch(/answered 503/);
    const smoke = await pdctl(["smoke", file]);
    expect(smoke.code).toBe(1);
    expect(said(smoke)).toMatch(/decode-0-0 did not answer|answered 503/);
    expect(said(smoke)).not.toMatch(/a bug in pdctl|no SSH server/);
    const stopped = await pdctl(["up", file, "--on-failure", "stop"]);
    expect(stopped.code).toBe(1);
    expect(said(stopped)).toMatch(/then +everything else is stopped/);
    expect(lab.hosts.flatMap(engines)).toEqual([]);
    const healed = await pdctl(["up", topology("dies"), "--no-smoke"]);
    expect(healed.code, said(healed)).toBe(0);
    const status = await pdctl(["status", file]);
    expect(status.stdout).toMatch(/not proven yet/);
    expect((await pdctl(["down", file])).code).toBe(0);
    expect(lab.leftovers()).toEqual([]);
  });

  it("because the KV was another's, or did not come, says which, with the engine's own words", async () => {
    await using lab = await hosts(two);
    const wrong = topology("wrong", { faults: { "prefill-0-0": { serve: "alter" } } });
    const altered = await pdctl(["up", wrong]);
    expect(altered.code).toBe(1);
    expect(said(altered)).toMatch(/decode answers differently over the transfer than by itself/);
    const refused = await pdctl(["up", topology("wrong", { faults: { "prefill-0-0": { serve: "refuse" } } })]);
    expect(refused.code).toBe(1);
    expect(said(refused)).toMatch(/smoke: answered 500/);
    expect(said(refused)).toMatch(/decode-0-0 says/);
    const status = await pdctl(["status", wrong]);
    expect(status.stdout).toMatch(/not proven yet/);
    expect((await pdctl(["down", wrong])).code).toBe(0);
    expect(lab.leftovers()).toEqual([]);
  });

  it("because the proxy was killed in the middle is a death, too; so is that of a side service while engines load", async () => {
    await using lab = await hosts(two);
    const file = topology("proxy", { faults: { "decode-0-0": { msPerToken: 300 } } });
    await using first = start(["up", file]);
    await first.until(/proxy +ready on n0/);
    const proxy = lab
      .host("n0")
      .processes()
      .find(({ argv }) => argv[1]?.endsWith("proxy.mjs") === true);
    lab.host("n0").kill(proxy?.pid ?? 0);
    const ended = await first.ended;
    expect(ended.code).toBe(1);
    expect(said(ended)).toMatch(/proxy died .* after its start, killed by signal KILL/);
    const more = [
      "services:",
      "  - { name: agent, node: n1, wave: 0, command: [bash, -c, 'sleep 2; echo FATAL: no lease; exit 3'] }",
    ];
    const faults = { "prefill-0-0": { loadSeconds: 20 } };
    const side = await pdctl(["up", topology("proxy", { faults, more })]);
    expect(side.code).toBe(1);
    expect(said(side)).toMatch(/agent died .* after its start, exit code 3/);
    expect(said(side)).toMatch(/FATAL: no lease/);
    expect(side.ms).toBeLessThan(9_000);
    expect((await pdctl(["down", file])).code).toBe(0);
    expect(lab.leftovers()).toEqual([]);
  });
});
