import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { inspect, stop, watch } from "../../src/supervise/index.ts";
import { script } from "../../src/supervise/scripts.ts";
import type { WatchEvent } from "../../src/supervise/supervise.ts";
import { drain } from "../nodes/session-contract.ts";
import { freePort } from "../nodes/sshd.ts";
import { type Lab, lab, never, scripts } from "./lab.ts";
import { isAlive, until } from "./processes.ts";

/** Watches until an event answers yes; `act` sees each event first. */
async function seen(
  node: Lab,
  services: readonly string[],
  last: (event: WatchEvent) => boolean,
  act: (event: WatchEvent) => unknown = () => undefined,
  logs = false,
): Promise<WatchEvent[]> {
  const events: WatchEvent[] = [];
  const probed = services.length > 1; // what has no probes is ready as soon as it lives
  const ask = { stateDir: node.stateDir, services: services.map((service) => ({ service, generation: 1 })), logs };
  for await (const event of watch(node.session, ask, scripts, AbortSignal.timeout(10_000))) {
    if (event.type !== "beat" && (event.type !== "ready" || probed)) events.push(event);
    await act(event);
    if (last(event)) return events;
  }
  throw new Error(`the watch ended by itself after ${JSON.stringify(events)}`);
}

/** Serves /health on PORT as soon as it can be had: 503 until FILE.well exists; each question leaves FILE.asked. */
const served = (port: number, file: string) => [
  process.execPath,
  "-e",
  `const fs = require("node:fs");
   const server = require("node:http").createServer((_, response) => {
     fs.writeFileSync(process.argv[2] + ".asked", "");
     response.writeHead(fs.existsSync(process.argv[2] + ".well") ? 200 : 503).end();
   });
   const listen = () => server.listen(Number(process.argv[1]), "127.0.0.1");
   server.on("error", () => setTimeout(listen, 20));
   listen();`,
  String(port),
  file,
];

const health = (port: number) => [{ kind: "http" as const, host: "127.0.0.1", port, path: "/health" }];

it.concurrent("a service is ready when all its probes hold, once, and not before", async () => {
  await using node = await lab();
  const port = await freePort();
  const file = `${node.home}/slow`;
  await node.start({ slow: served(port, file) }, { ready: [...health(port), { kind: "alive" }] });
  await node.start({ quick: ["sleep", "1000"] }, { ready: [{ kind: "alive" }] });
  const events = await seen(
    node,
    ["slow", "quick"],
    (event) => event.type === "ready" && event.service === "slow",
    (event) => {
      if (event.type === "beat" && existsSync(`${file}.asked`)) appendFileSync(`${file}.well`, "");
    },
  );
  expect(existsSync(`${file}.well`)).toBe(true);
  expect(events).toEqual([
    { type: "ready", service: "quick" },
    { type: "ready", service: "slow" },
  ]);
});

it.concurrent("a service is not ready because another cluster's answers on its port", async () => {
  await using node = await lab();
  await using other = await lab();
  const port = await freePort();
  for (const one of [node, other]) appendFileSync(`${one.home}/it.well`, "");
  await other.start({ first: served(port, `${other.home}/it`) });
  await until(() =>
    fetch(`http://127.0.0.1:${port}`).then(
      ({ ok }) => ok,
      () => false,
    ),
  );
  await node.start({ late: served(port, `${node.home}/it`), beside: ["sleep", "1000"] }, { ready: health(port) });
  let beats = 0;
  let left = false;
  const events = await seen(
    node,
    ["late", "beside"],
    ({ type }) => type === "ready",
    async ({ type }) => {
      if (type !== "beat" || ++beats !== 3) return;
      const look = await inspect(node.session, { stateDir: node.stateDir, ready: true }, scripts, never);
      expect(look.found.map(({ ready }) => ready)).toEqual([false, false]);
      await stop(other.session, { stateDir: other.stateDir, services: [], graceMs: 0 }, scripts, never);
      left = true;
    },
  );
  expect(left).toBe(true);
  expect(events).toEqual([{ type: "ready", service: "late" }]); // and not the one beside it, whose port this is not
});

it.concurrent("a service that was dead before the watch began is told at once", async () => {
  await using node = await lab();
  await node.start({ a: ["bash", "-c", "exit 9"] });
  await until(() => existsSync(`${node.stateDir}/runs/1/a/exit.json`));
  expect(await seen(node, ["a"], ({ type }) => type === "exit")).toEqual([
    { type: "exit", service: "a", exit: 9, signal: null, atMs: expect.any(Number) },
  ]);
});

it.concurrent("an engine that died together with its wrapper is told too, as an exit that nobody saw", async () => {
  await using node = await lab();
  const [a] = await node.start({ a: ["sleep", "1000"] });
  const { wrapper } = JSON.parse(readFileSync(`${node.stateDir}/runs/1/a/handle.json`, "utf8"));
  const kill = (event: WatchEvent) => {
    if (event.type !== "beat" || a?.outcome !== "started" || !isAlive(wrapper.pid)) return;
    process.kill(wrapper.pid, "SIGKILL");
    process.kill(a.identity.pid, "SIGKILL");
  };
  expect(await seen(node, ["a"], ({ type }) => type === "exit", kill)).toEqual([
    { type: "exit", service: "a", exit: null, signal: null, atMs: null },
  ]);
});

it.concurrent("new log lines come whole, also one that is written in two halves, and the last ones before the exit", async () => {
  await using node = await lab();
  const script =
    'echo old; until [[ -e $PDCTL_RUN_DIR/go ]]; do sleep 0.02; done; printf "one\\ttab\\nha"; sleep 0.3; printf "lf\\nlast\\n"; exit 1';
  await node.start({ a: ["bash", "-c", script] });
  await until(() => readFileSync(`${node.stateDir}/runs/1/a/log`, "utf8") === "old\n");
  const go = ({ type }: WatchEvent) => type === "beat" && appendFileSync(`${node.stateDir}/runs/1/a/go`, "");
  const events = await seen(node, ["a"], ({ type }) => type === "exit", go, true);
  expect(events.map((event) => (event.type === "log" ? event.line : event.type))).toEqual([
    "one\ttab",
    "half",
    "last",
    "exit",
  ]);
});

it.concurrent("the node's side leaves by itself when the launcher has been silent for longer than the lease", async () => {
  await using node = await lab();
  const values = { PD_STATE: node.stateDir, PD_RUNS: [], PD_LOGS: "", PD_LEASE_S: "0" };
  const stream = node.session.stream({ script: script(scripts, "proc", "probe", "watch"), values, signal: never });
  expect((await drain(stream)).toString()).toMatch(/^(beat\n)*$/); // sessions give a sign every 10 s, so it ends before that
});
