import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { parseArgs } from "node:util";
import { Bench } from "./bench.ts";
import type { Case, Cell } from "./cell.ts";
import { failureCases } from "./failure-cases.ts";
import { endCase, pathCases } from "./path-cases.ts";
import { lacks, type Peer, peers } from "./peers.ts";
import { requestCases } from "./request-cases.ts";
import { type Column, table } from "./table.ts";

const READY_MS = 120_000; // importing vLLM for one logger takes its time

/** Puts one proxy through every case; through the last one, which ends it, in a process of its own. */
async function column(peer: Peer): Promise<Column> {
  const lacking = lacks(peer);
  if (lacking !== undefined) return { peer, missing: `not on this machine: ${peer.how}` };
  const cells = new Map<string, Cell>();
  const why = await running(peer, async (bench) => {
    for (const each of [...requestCases, ...pathCases, ...failureCases]) cells.set(each.what, await seen(each, bench));
  });
  if (why !== undefined) return { peer, missing: `did not start: ${why}` };
  await running(peer, async (bench, child) => {
    const last = endCase(() => stop(child));
    cells.set(last.what, await seen(last, bench));
  });
  return { peer, cells };
}

/** @returns why it does not start */
async function running(
  peer: Peer,
  run: (bench: Bench, child: ChildProcess) => Promise<void>,
): Promise<string | undefined> {
  const bench = new Bench();
  await bench.start();
  const of = (url: string) => Number(new URL(url).port);
  const { prefill, decode } = bench.engines;
  const ports = { proxy: await freePort(), prefill: of(prefill.url), decode: of(decode.url) };
  const [file = "", ...args] = peer.argv(ports);
  const child = spawn(file, args, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    said = `${said}${chunk}`.slice(-2_000);
  });
  bench.port = ports.proxy;
  bench.headers = peer.headers?.(ports.prefill) ?? {};
  bench.carries = peer.carries ?? true;
  try {
    if (!(await ready(bench, child))) return said.trim().split("\n").at(-1) ?? "";
    await run(bench, child);
    return undefined;
  } finally {
    child.kill("SIGKILL");
    await bench.stop();
  }
}

const seen = (each: Case, bench: Bench): Promise<Cell> =>
  each.run(bench).catch((error: unknown): Cell => ({ grade: "bad", says: `the case itself failed: ${error}` }));

/** A completion goes through. */
async function ready(bench: Bench, child: ChildProcess): Promise<boolean> {
  for (const deadline = performance.now() + READY_MS; performance.now() < deadline && child.exitCode === null; ) {
    bench.play();
    const answer = await bench.ask({ body: '{"model":"m","prompt":"a","max_tokens":1}' });
    if (answer?.status === 200) return true;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return false;
}

/** @returns how long it took, ms; undefined: it is still there after ten seconds */
async function stop(child: ChildProcess): Promise<number | undefined> {
  const began = performance.now();
  const ended = once(child, "exit").then(() => performance.now() - began);
  child.kill("SIGTERM");
  return Promise.race([
    ended,
    new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), 10_000).unref()),
  ]);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

const { values } = parseArgs({ options: { only: { type: "string" }, write: { type: "boolean" } } });
const columns: Column[] = [];
for (const peer of peers.filter(({ name }) => values.only === undefined || name.includes(values.only))) {
  process.stderr.write(`${peer.name} …\n`);
  columns.push(await column(peer));
}
const text = table(columns, new Date().toISOString().slice(0, 10));
if (values.write) {
  const head = readFileSync("test/proxy/compare/head.md", "utf8");
  writeFileSync("docs/proxy-comparison.md", `${head}\n${text}`);
} else process.stdout.write(text);
const own = columns.find(({ peer }) => peer.name === "pdctl");
const wrong = own && "cells" in own ? [...own.cells].filter(([, { grade }]) => grade === "bad") : [];
for (const [what, { says }] of wrong) process.stderr.write(`pdctl: ${what}: ${says}\n`);
process.exitCode = wrong.length > 0 ? 1 : 0;
