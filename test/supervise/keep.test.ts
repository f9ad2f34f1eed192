import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { forget, inspect, keep, start, stop } from "../../src/supervise/index.ts";
import type { StartAsk } from "../../src/supervise/supervise.ts";
import { type Lab, lab, never, scripts } from "./lab.ts";
import { isAlive, until } from "./processes.ts";

const LIMIT = 40_000; // a busy machine; what is awaited takes about a second

let node: Lab;
beforeEach(async () => {
  node = await lab();
});
afterEach(() => node[Symbol.asyncDispose]());

const secret = "it-is-a-secret-4711";
const services = (launch: string): StartAsk["services"] =>
  ["decode-0-0", "decode-0-1"].map((name) => ({ spec: node.service(name), launch, secrets: { TOKEN: secret } }));
const keeping = (launch: string, max: number) => {
  const groups = [{ group: "decode-0", services: services(launch), members: [] }];
  return keep(
    node.session,
    { stateDir: node.stateDir, cluster: "demo", groups, max, windowMs: 600_000 },
    scripts,
    never,
  );
};
const started = (launch: string) =>
  start(
    node.session,
    { stateDir: node.stateDir, owner: "me", files: [], replace: false, services: services(launch) },
    scripts,
    never,
  );
const look = () => inspect(node.session, { stateDir: node.stateDir }, scripts, never);
const pid = async (service: string) => {
  const state = (await look()).found.find(({ spec }) => spec.service === service)?.state;
  return state?.state === "alive" ? state.identity.pid : 0;
};
const keeper = () => Number(readFileSync(join(node.stateDir, "keeper"), "utf8").split("\n")[0]);

describe("a group that is kept", { timeout: 90_000 }, () => {
  it("is started again whole when one of it is killed, with its secrets, which are on no disk", async () => {
    const launch = '. "$PDCTL_RUN_DIR/secrets"; echo "token ${#TOKEN}"; exec sleep 1000\n';
    await started(launch);
    await keeping(launch, 3);
    const before = [await pid("decode-0-0"), await pid("decode-0-1")];
    process.kill(before[1] ?? 0, "SIGKILL");
    const both = async () => [await pid("decode-0-0"), await pid("decode-0-1")];
    await until(async () => (await both()).every((one, index) => one > 0 && one !== before[index]), LIMIT);
    const { found } = await look();
    expect(found.map(({ formerRuns }) => formerRuns)).toEqual([1, 1]);
    const log = join(node.stateDir, "runs/1/decode-0-0/log");
    await until(() => readFileSync(log, "utf8").includes(`token ${secret.length}`), LIMIT);
    const secrets = () =>
      // the launch scripts have read theirs
      readdirSync(node.stateDir, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .filter((file) => readFileSync(file, "utf8").includes(secret));
    await until(() => secrets().length === 0, LIMIT);
    for (const file of ["cmdline", "environ"])
      expect(readFileSync(`/proc/${keeper()}/${file}`, "utf8")).not.toContain(secret);
  });

  it("that fails again and again is left stopped, and a look says so; the next keep begins anew", async () => {
    const launch = "[[ $PDCTL_RUN != */decode-0-1 ]] || exit 3\nexec sleep 1000\n";
    await started(launch);
    await keeping(launch, 2);
    await until(async () => (await look()).gaveUp !== undefined, LIMIT);
    const { gaveUp, found } = await look();
    expect(gaveUp).toMatchObject([{ group: "decode-0", restarts: 2, why: "decode-0-1 ended" }]);
    expect(found.map(({ spec, state }) => [spec.service, state.state])).toEqual([
      ["decode-0-0", "died"],
      ["decode-0-1", "died"],
    ]);
    await keeping("exec sleep 1000\n", 2);
    expect((await look()).gaveUp).toBeUndefined();
  });

  it("stays stopped when it was told to stop, and nobody keeps it after it is forgotten", async () => {
    const launch = "exec sleep 1000\n";
    await started(launch);
    await keeping(launch, 3);
    const own = keeper();
    await stop(
      node.session,
      { stateDir: node.stateDir, services: ["decode-0-0", "decode-0-1"], graceMs: 1_000 },
      scripts,
      never,
    );
    const naps = () =>
      Number(/^voluntary_ctxt_switches:\s+(\d+)$/m.exec(readFileSync(`/proc/${own}/status`, "utf8"))?.[1]);
    const seen = naps();
    await until(() => naps() > seen + 4, LIMIT); // it has looked since
    expect((await look()).found.every(({ state }) => state.state === "died")).toBe(true);
    expect(await forget(node.session, { stateDir: node.stateDir }, scripts, never)).toEqual([]);
    expect([isAlive(own), existsSync(node.stateDir)]).toEqual([false, false]);
  });
});
