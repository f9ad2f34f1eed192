import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { amend, inspect, stop } from "../../src/supervise/index.ts";
import { lab, never, scripts } from "./lab.ts";
import { until } from "./processes.ts";

it("a service that runs is told of a changed file, and its record says what it is from then on; one that ended is not changed", {
  timeout: 60_000,
}, async () => {
  await using node = await lab();
  const link = join(node.stateDir, "proxy.json");
  const loop = `trap 'cat "$PDCTL_HOME/proxy.json"' HUP; echo up; while :; do sleep 0.1; done`;
  await node.start({ proxy: ["bash", "-c", loop] });
  const log = join(node.stateDir, "runs/1/proxy/log");
  await until(() => readFileSync(log, "utf8").includes("up"), 20_000);
  const told = (text: string, hash: string) => {
    const sha256 = createHash("sha256").update(text).digest("hex");
    const file = { path: `${node.stateDir}/files/${sha256}`, mode: 0o600, sha256, content: Buffer.from(text), link };
    const ask = { stateDir: node.stateDir, spec: node.service("proxy", { hash }), file };
    return amend(node.session, ask, scripts, never);
  };
  const hash = async () =>
    (await inspect(node.session, { stateDir: node.stateDir }, scripts, never)).found[0]?.spec.hash;

  expect(await told('{"targets":1}\n', "h2")).toBe("told");
  await until(() => readFileSync(log, "utf8").includes('{"targets":1}'), 20_000);
  expect(await hash()).toBe("h2");

  await stop(node.session, { stateDir: node.stateDir, services: ["proxy"], graceMs: 1_000 }, scripts, never);
  expect(await told('{"targets":2}\n', "h3")).toBe("gone");
  expect(await hash()).toBe("h2");
});
