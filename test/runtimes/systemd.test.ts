import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openLocal } from "../../src/nodes/index.ts";
import { aloneOn, type Lab, lab } from "../supervise/lab.ts";
import { environOf, isAlive, until } from "../supervise/processes.ts";

const LONG_MS = 20_000;
const ctl = (...words: string[]) => spawnSync("systemctl", ["--user", ...words], { encoding: "utf8" });
const answers = ctl("show", "-p", "Version").status === 0;
const active = (unit: string) => ctl("is-active", `${unit}.service`).stdout.trim();

/** A real user manager, from test/runtimes/systemd.sh or the machine's own. */
describe("systemd", () => {
  let node: Lab;
  beforeEach(async ({ skip }) => {
    skip(!answers, "no user manager answers here");
    node = await lab(openLocal("n0"));
  });
  afterEach(() => node?.[Symbol.asyncDispose]());

  const { begin, end: endWithin, state, log, left } = aloneOn(() => node);
  const unit = { kind: "systemd", scope: "user", unit: "pdctl-demo-a" } as const;
  const started = (launch: string, more = {}) => begin(unit, launch, more);
  const end = (graceMs = 10_000) => endWithin(graceMs);
  const said = async (pattern: RegExp): Promise<number> => {
    await until(() => pattern.test(log()), LONG_MS);
    return Number(pattern.exec(log())?.[1]);
  };

  it("runs a service as a unit with its mark, its log and its exit, and the unit is gone after stop", async () => {
    const [one] = await started("echo engine $$; exec sleep 1000\n");
    expect(one).toMatchObject({ outcome: "started" });
    const pid = await said(/^engine (\d+)$/m);
    expect(one).toMatchObject({ identity: { pid } });
    expect(environOf(pid)).toEqual(expect.arrayContaining(["PDCTL_RUN=demo/1/a", `PDCTL_HOME=${node.stateDir}`]));
    expect(active("pdctl-demo-a")).toBe("active");
    expect(await left()).toContain("systemd unit pdctl-demo-a");
    expect(await started("unused\n")).toMatchObject([{ outcome: "kept", identity: { pid } }]);
    expect(await end()).toEqual([{ service: "a", state: "gone", left: [] }]);
    expect([isAlive(pid), active("pdctl-demo-a")]).toEqual([false, "inactive"]);
    expect(await state()).toMatchObject({ state: "died", asked: true });
  }, 60_000);

  it("ends what left session, parent and mark behind: it is still in the unit's group", async () => {
    await started("setsid env -i sleep 2000 & disown; sleep 0.2; echo stray $!; exec sleep 1000\n");
    const stray = await said(/^stray (\d+)$/m);
    expect(environOf(stray).filter((entry) => entry.startsWith("PDCTL"))).toEqual([]);
    expect(await end()).toEqual([{ service: "a", state: "gone", left: [] }]);
    expect(isAlive(stray)).toBe(false);
  }, 60_000);

  it("kills after the grace what ignores SIGTERM, and tells how a service ended by itself", async () => {
    await started("trap '' TERM; echo engine $$; while :; do sleep 1000; done\n");
    const pid = await said(/^engine (\d+)$/m);
    expect(await end(300)).toEqual([{ service: "a", state: "gone", left: [] }]);
    expect(isAlive(pid)).toBe(false);
    await started("echo again; exit 7\n", { generation: 2 });
    await until(async () => (await state())?.state === "died", LONG_MS);
    expect(await state()).toMatchObject({ exit: 7 });
  }, 60_000);

  it("is not started by a second launcher, nor taken away when the launcher's session ends", async () => {
    await started("echo engine $$; exec sleep 1000\n");
    const pid = await said(/^engine (\d+)$/m);
    await node.session.close();
    expect(isAlive(pid)).toBe(true);
    const group = readFileSync(`/proc/${pid}/cgroup`, "utf8");
    expect(group).toContain("pdctl-demo-a.service");
  }, 60_000);

  it("another's unit of that name is left alone, and the refusal is told", async () => {
    execFileSync("systemd-run", ["--user", "--quiet", "--collect", "--unit=pdctl-demo-a", "sleep", "3000"]);
    expect(await started("exec sleep 1000\n")).toMatchObject([
      { outcome: "failed", why: expect.stringMatching(/already (loaded|exists)|was already/) },
    ]);
    await end();
    expect(active("pdctl-demo-a")).toBe("active");
    ctl("stop", "pdctl-demo-a.service");
  }, 60_000);
});
