import type { ServerResponse } from "node:http";
import { promptTokens, type Usage, Words, wantsUsage } from "./answers.ts";
import type { Arrival } from "./checks.ts";
import { keyOf } from "./engine.ts";
import type { Chunking, Fault } from "./faults.ts";
import { token } from "./model.ts";
import { rawOf } from "./raw-json.ts";

/** Takes the KV of the request, which frees prefill, and generates from it. */
export async function generate(arrival: Arrival, res: ServerResponse, fault: Fault | undefined): Promise<void> {
  if (fault?.kind === "reset") return void arrival.req.socket.destroy();
  if (fault?.kind === "status") {
    letGo(arrival, fault.status);
    return void res
      .writeHead(fault.status, { "content-type": "application/json", "x-engine": "d", ...fault.headers })
      .end(fault.body);
  }
  const streams = rawOf(arrival.members, "stream") === "true";
  if (streams && arrival.cluster.transfers && fault?.kind !== "hang") {
    openStream(res);
    res.flushHeaders(); // engines send it before anything is known
  }
  const key = await takeKv(arrival);
  if (fault?.kind === "hang" || res.destroyed) return;
  const length = Number(rawOf(arrival.members, "max_completion_tokens") ?? rawOf(arrival.members, "max_tokens") ?? 16);
  if (streams) await stream({ arrival, res, fault, key, length });
  else await whole({ arrival, res, fault, key, length });
}

/** Newer engines tell prefill when they refuse. One that fails had taken memory, where prefill sends. Source: proxy-protocols.md §G.5 */
function letGo(arrival: Arrival, status: number): void {
  const { transfers, speech } = arrival.cluster;
  if (transfers === undefined || rawOf(arrival.members, "kv_transfer_params") === undefined) read(arrival);
  else if (status >= 500 && speech.sends?.taken === undefined) void transfers.decodeComes(arrival);
}

/** Where prefill sends: when all of it is in decode's memory. @returns the key of the prompt that the KV belongs to, as prefill noted it */
async function takeKv(arrival: Arrival): Promise<string> {
  const { transfers, speech } = arrival.cluster;
  if (transfers === undefined || rawOf(arrival.members, "kv_transfer_params") === undefined) return read(arrival);
  const arrived = transfers.decodeComes(arrival);
  void speech.sends?.taken?.(arrival);
  const { promptKey } = await arrived;
  compare(arrival, promptKey);
  return promptKey;
}

/** The KV is read and given back. @returns the key of the prompt it belongs to, as prefill noted it */
function read(arrival: Arrival): string {
  const { registry, speech } = arrival.cluster;
  const ticket = rawOf(arrival.members, "kv_transfer_params");
  if (ticket === undefined) {
    if (speech.stores && arrival.sent.alone === false && !registry.stored.has(keyOf(arrival)))
      arrival.cluster.violations.push({ id: "D13", detail: "not in the store", request: arrival.id });
    return keyOf(arrival);
  }
  const { remote_request_id, transfer_id } = JSON.parse(ticket);
  const handle = registry.find(remote_request_id ?? transfer_id);
  if (!handle) return "no such KV";
  handle.dispatches++;
  handle.state = "released";
  compare(arrival, handle.promptKey);
  return handle.promptKey;
}

function compare(arrival: Arrival, promptKey: string): void {
  if (promptKey !== keyOf(arrival))
    arrival.cluster.violations.push({ id: "D6", detail: "KV of another prompt", request: arrival.id });
}

function openStream(res: ServerResponse): void {
  res.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache",
    "x-engine": "d",
  });
}

interface Run {
  readonly arrival: Arrival;
  readonly res: ServerResponse;
  readonly fault: Fault | undefined;
  readonly key: string;
  readonly length: number;
}

async function whole({ arrival, res, fault, key, length }: Run): Promise<void> {
  if (fault?.kind === "paced") await fault.before(0);
  const said = fault?.kind === "given-back" ? fault.after : length;
  const text = Array.from({ length: said }, (_, index) => token(key, index)).join("");
  const ending = fault?.kind === "given-back" ? GIVEN_BACK : {};
  const body = new Words(arrival).whole([{ text, ...ending }], usage(arrival, said));
  arrival.engine.answers.push(body);
  res.writeHead(200, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
    "x-engine": "d",
  });
  if (fault?.kind === "break") res.write(body.slice(0, 10), () => arrival.req.socket.destroy());
  else res.end(body);
}

async function stream({ arrival, res, fault, key, length }: Run): Promise<void> {
  if (!res.headersSent) openStream(res);
  if (fault?.kind === "silent-stream") return void res.flushHeaders();
  if (fault?.kind === "error-event") return void res.end(errorEvents(fault.code ?? 500));
  if (fault?.kind === "flood") return flood(res, fault.bytes, fault.event);
  const words = new Words(arrival);
  const back = fault?.kind === "given-back" ? fault : undefined;
  const said = back?.after ?? length;
  const events = Array.from({ length: said }, (_, index) =>
    words.event({
      text: token(key, index),
      finish: back === undefined && index === length - 1 ? "length" : null,
      thinking: back?.thinking === true,
    }),
  );
  if (back) events.push(words.event({ text: "", ...GIVEN_BACK }));
  const tail = wantsUsage(arrival) && !back?.quiet ? [words.usageEvent(usage(arrival, said))] : [];
  const all = [": ping\n\n", ...words.opening(), ...events, ...tail, "data: [DONE]\n\n"];
  arrival.engine.answers.push(all.join(""));
  if (fault?.kind === "break") {
    res.write(all.slice(0, fault.after).join(""), () => arrival.req.socket.destroy());
    return;
  }
  for (const [index, chunk] of cut(all, arrival.engine.chunking).entries()) {
    if (fault?.kind === "paced") await fault.before(index);
    if (res.destroyed) return;
    res.write(chunk);
  }
  res.end();
}

/** Source: vllm-ascend, core/recompute_scheduler.py. */
const GIVEN_BACK = { finish: "stop", stop: "recomputed" };

const usage = (arrival: Arrival, completion: number): Usage => ({
  prompt: promptTokens(arrival),
  completion,
  cached: arrival.engine.cachedTokens,
});

/** Source: proxy-protocols.md §G.6. */
const errorEvents = (code: number) =>
  `data: {"error": {"message": "Internal server error", "type": "InternalServerError", "param": null, "code": ${code}}}\n\ndata: [DONE]\n\n`;

/** bytes: every event is cut within its characters and line ends. */
function cut(events: readonly string[], chunking: Chunking): readonly Buffer[] {
  const all = Buffer.from(events.join(""));
  if (chunking === "many") return [all];
  if (chunking === "each") return events.map((event) => Buffer.from(event));
  return Array.from({ length: Math.ceil(all.length / 7) }, (_, index) => all.subarray(index * 7, index * 7 + 7));
}

/** Writes until all is written; an engine with a client that is slow stands still at a few megabytes. */
async function flood(res: ServerResponse, bytes: number, size = 64 * 1024): Promise<void> {
  const event = Buffer.from(`data: ${"x".repeat(size - 8)}\n\n`);
  for (let left = bytes; left > 0 && !res.destroyed; left -= event.length) if (!res.write(event)) await taken(res);
  if (!res.destroyed) res.end("data: [DONE]\n\n");
}

const taken = (res: ServerResponse) =>
  new Promise<void>((resolve) => {
    const done = () => {
      res.off("drain", done).off("close", done);
      resolve();
    };
    res.on("drain", done).on("close", done);
  });
