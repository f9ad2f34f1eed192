import { randomBytes } from "node:crypto";
import { appendFileSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type LogsAsk, logs, pullLogs } from "../../src/supervise/index.ts";
import { type Lab, lab, never, scripts } from "./lab.ts";

let node: Lab;
beforeEach(async () => {
  node = await lab();
});
afterEach(() => node[Symbol.asyncDispose]());

const logOf = (service: string, generation = 1) => `${node.stateDir}/runs/${generation}/${service}/log`;

async function read(ask: Omit<LogsAsk, "stateDir">, signal = never): Promise<Record<string, string>> {
  const all: Record<string, string> = {};
  for await (const { service, generation, bytes } of logs(
    node.session,
    { stateDir: node.stateDir, ...ask },
    scripts,
    signal,
  ))
    all[`${generation}/${service}`] = (all[`${generation}/${service}`] ?? "") + bytes.toString("latin1");
  return all;
}

it("the bytes of a log come as they were written, of several services each its own, of the newest run unless asked otherwise", async () => {
  await node.start({ a: ["true"], b: ["true"], c: ["true"] });
  await node.start({ a: ["true"] }, { generation: 2 });
  const wild = randomBytes(2_500_000);
  writeFileSync(logOf("a"), "old a");
  writeFileSync(logOf("a", 2), wild);
  writeFileSync(logOf("b"), "1/a 5\nfake\n");
  const services = [
    { service: "a" },
    { service: "a", generation: 1 },
    { service: "b" },
    { service: "c" },
    { service: "never-started" },
  ];
  expect(await read({ services })).toEqual({ "2/a": wild.toString("latin1"), "1/a": "old a", "1/b": "1/a 5\nfake\n" });
});

it("only the last lines when only those are wanted, also when the last one is not finished", async () => {
  await node.start({ a: ["true"] });
  writeFileSync(logOf("a"), `${Array.from({ length: 1000 }, (_, n) => `line ${n}`).join("\n")}\nunfinished`);
  expect(await read({ services: [{ service: "a" }], tail: 2 })).toEqual({ "1/a": "line 999\nunfinished" });
  expect(await read({ services: [{ service: "a" }], tail: 0 })).toEqual({});
});

it("following tells what is added and starts over when a log is cut, until the reader leaves", async () => {
  await node.start({ a: ["sleep", "1000"], b: ["sleep", "1000"] });
  writeFileSync(logOf("a"), "one\ntwo\n");
  const said: string[] = [];
  const ask = { stateDir: node.stateDir, services: [{ service: "a" }, { service: "b" }], tail: 1, follow: true };
  const steps: Record<string, () => void> = {
    "a two\n": () => appendFileSync(logOf("b"), "from b\n"),
    "b from b\n": () => appendFileSync(logOf("a"), "three\n"),
    "a three\n": () => {
      truncateSync(logOf("a"));
      appendFileSync(logOf("a"), "new\n");
    },
  };
  for await (const { service, bytes } of logs(node.session, ask, scripts, AbortSignal.timeout(10_000))) {
    said.push(`${service} ${bytes}`);
    if (said.at(-1) === "a new\n") break;
    steps[said.at(-1) ?? ""]?.();
  }
  expect(said).toEqual(["a two\n", "b from b\n", "a three\n", "a new\n"]);
});

it("all logs are brought to the launcher, byte for byte", async () => {
  await node.start({ a: ["true"], b: ["true"] });
  const wild = randomBytes(1_500_000);
  writeFileSync(logOf("a"), wild);
  const to = join(node.home, "pulled");
  const pulled = await pullLogs(node.session, { stateDir: node.stateDir, to }, scripts, never);
  expect(pulled).toEqual([
    { service: "a", generation: 1, file: join(to, "a.log"), bytes: wild.length },
    { service: "b", generation: 1, file: join(to, "b.log"), bytes: 0 },
  ]);
  expect(readFileSync(join(to, "a.log")).equals(wild)).toBe(true);
  expect(readFileSync(join(to, "b.log"), "utf8")).toBe("");
});
