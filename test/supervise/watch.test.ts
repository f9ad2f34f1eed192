import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { expect, it } from "vitest";
import { watch } from "../../src/supervise/index.ts";
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

it.concurrent("a service is ready when all its probes hold, once, and not before", async () => {
  await using node = await lab();
  const port = await freePort();
  const ready = [{ kind: "http" as const, host: "127.0.0.1", port, path: "/health" }, { kind: "alive" as const }];
  await node.start({ slow: ["sleep", "1000"] }, { ready });
  await node.start({ quick: ["sleep", "1000"] }, { ready: [{ kind: "alive" }] });
  let server: Server | undefined;
  let health = 503;
  let asked = 0;
  const events = await seen(
    node,
    ["slow", "quick"],
    (event) => event.type === "ready" && event.service === "slow",
    (event) => {
      if (event.type === "ready" && event.service === "quick")
        server = createServer((_, response) => response.writeHead(health).end(void asked++)).listen(port, "127.0.0.1");
      if (event.type === "beat" && asked === 1) health = 200;
    },
  );
  server?.close();
  expect(events).toEqual([
    { type: "ready", service: "quick" },
    { type: "ready", service: "slow" },
  ]);
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
