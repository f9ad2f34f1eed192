/** One run: a fresh proxy on core 0, engines and load on core 1, and what the proxy cost meanwhile. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import path from "node:path";
import { coreMs, cpuMs, peakBytes, resetPeak, rssBytes } from "./cpu.mjs";

const PROXY_CORE = 0;
const LOAD_CORE = 1;
const pinned = (core, command) => ["sh", ["-c", `ulimit -n "$(ulimit -Hn)"; exec ${core} "$0" "$@"`, ...command]];
const on = (core, pins) => (pins ? `taskset -c ${core}` : "");
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Engines and load in one child. `order` resolves with what came of it. */
export async function openLoad({ pins = true } = {}) {
  const [command, args] = pinned(on(LOAD_CORE, pins), [process.execPath, path.join(import.meta.dirname, "load.mjs")]);
  const child = spawn(command, args, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const [ports] = await once(child, "message");
  let [onSaid, running] = [() => undefined, undefined];
  child.on("message", (said) => {
    if ("done" in said) running?.resolve(said.done);
    else if ("lost" in said) running?.reject(new Error(said.lost));
    else {
      onSaid(said);
      child.send({ heard: true });
    }
  });
  child.on("exit", () => running?.reject(new Error("the load ended before its order did")));
  return {
    ports,
    order(what, says = () => undefined) {
      onSaid = says;
      return new Promise((resolve, reject) => {
        running = { resolve, reject };
        child.send(what);
      });
    },
    close() {
      running = undefined;
      child.disconnect();
    },
  };
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** Starts it, waits until it serves, and stops it when the test is over. */
export async function withProxy({ peer, folder, load, pins = true }, test) {
  const place = { folder, ...load.ports, port: await freePort(), metrics: await freePort() };
  const [command, args] = pinned(on(PROXY_CORE, pins), (await peer.command(place)).map(String));
  const child = spawn(command, args, { stdio: ["ignore", "ignore", "pipe"], detached: true });
  let says = "";
  child.stderr.on("data", (bytes) => {
    says = `${says}${bytes}`.slice(-2000);
  });
  const ended = once(child, "exit");
  try {
    await serves(place.port, () => child.exitCode !== null && says);
    return await test({ port: place.port, pid: child.pid });
  } finally {
    process.kill(-child.pid, "SIGKILL"); // with what it started; nothing of it is kept
    await ended;
  }
}

async function serves(port, died) {
  for (const deadline = performance.now() + 30_000; ; await sleep(50)) {
    const why = died();
    if (why !== false) throw new Error(`it ended at once: ${why}`);
    try {
      const body = '{"model":"m","prompt":"a","max_tokens":4}';
      const answer = await fetch(`http://127.0.0.1:${port}/v1/completions`, {
        method: "POST",
        body,
        headers: { "content-type": "application/json" },
      });
      await answer.arrayBuffer();
      if (answer.status === 200) return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
    if (performance.now() > deadline) throw new Error("it does not serve within 30 s");
  }
}

/** What the proxy's tree and its core did between two marks. */
function meter(pid) {
  const marks = [];
  const mark = () => marks.push({ at: performance.now(), own: cpuMs(pid), core: coreMs(PROXY_CORE) });
  const read = () => {
    const [from, to] = marks;
    const [own, all, ms] = [to.own - from.own, to.core - from.core, to.at - from.at];
    return { cpuUs: own * 1000, foreign: Math.max(0, (all - own) / ms) };
  };
  return { mark, read };
}

async function wrk({ port, connections, seconds, bytes }) {
  const script = path.join(import.meta.dirname, "post.lua");
  const url = `http://127.0.0.1:${port}/v1/completions`;
  const [command, args] = pinned(on(LOAD_CORE, true), [
    "wrk",
    "-t1",
    `-c${connections}`,
    `-d${seconds}s`,
    "--timeout",
    "20s",
    "-s",
    script,
    url,
    "--",
    String(bytes),
  ]);
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
  const out = [];
  child.stdout.on("data", (chunk) => out.push(chunk));
  await once(child, "close");
  const line = /RESULT (.*)/.exec(Buffer.concat(out).toString())?.[1];
  if (line === undefined) throw new Error(`wrk has no result: ${Buffer.concat(out)}`);
  return JSON.parse(line);
}

const WARM = 5_000; // requests after which a compiler that compiles as it goes has done most of it

/** CPU per request at 64 connections. @param bytes of the prompt */
async function requests({ port, pid }, { bytes, times }) {
  for (let [warm, seconds] = [0, 0]; warm < WARM && seconds < times.patience; seconds++)
    warm += (await wrk({ port, connections: 64, seconds: 1, bytes })).requests;
  const cost = meter(pid);
  cost.mark();
  const got = await wrk({ port, connections: 64, seconds: times.requests, bytes });
  cost.mark();
  if (got.failed > 0) throw new Error(`${got.failed} of ${got.requests} requests failed`);
  const { cpuUs, foreign } = cost.read();
  return { cpuUs: cpuUs / got.requests, perSecond: (got.requests / got.us) * 1e6, foreign };
}

async function streams({ port, pid }, load, { count, perSecond, warmMs, ms }) {
  const cost = meter(pid);
  let rss = 0;
  const got = await load.order({ order: "relay", port, count, perSecond, warmMs, ms }, ({ ended }) => {
    cost.mark();
    if (ended) rss = rssBytes(pid);
  });
  const { cpuUs, foreign } = cost.read();
  return { cpuUs: cpuUs / got.events, p50: got.p50, p99: got.p99, share: got.perSecond / got.wanted, rss, foreign };
}

async function bigBody({ port, pid }, load) {
  for (let warm = 0; warm < 3; warm++) await load.order({ order: "big", port, bytes: 1 << 16 });
  const before = rssBytes(pid);
  resetPeak(pid);
  const { status } = await load.order({ order: "big", port, bytes: BIG });
  if (status !== 200) throw new Error(`a body of ${BIG} bytes was answered with ${status}`);
  return { times: (peakBytes(pid) - before) / BIG };
}
const BIG = 64 * 1024 * 1024;

/** Everything of one round for one peer; each of the four in a process of its own. */
export async function round(peer, { folder, load, times, cells }) {
  const has = (cell) => cells.has(cell) && peer.leaves?.includes(cell) !== true;
  const fresh = (test) => withProxy({ peer, folder, load }, test);
  const got = {};
  if (has("requests"))
    await fresh(async (proxy) => {
      got.latency = await load.order({
        order: "latency",
        ports: [proxy.port],
        warm: times.turns / 2,
        count: times.turns,
      });
      await load.order({});
      got.small = await requests(proxy, { bytes: 1900, times });
      got.large = await requests(proxy, { bytes: 31_900, times });
    });
  if (has("streams"))
    await fresh(async (proxy) => {
      got.streams = await streams(proxy, load, {
        count: 500,
        perSecond: 60,
        warmMs: times.warm * 1000,
        ms: times.streams * 1000,
      });
    });
  if (has("open"))
    await fresh(async (proxy) => {
      got.open = await streams(proxy, load, { count: 2000, perSecond: 5, warmMs: 500, ms: 1500 });
    });
  if (has("body"))
    await fresh(async (proxy) => {
      got.body = await bigBody(proxy, load);
    });
  return got;
}
