import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { Session } from "../../nodes/session.ts";
import type { SmokeStep } from "../../plan/plan.ts";
import type { Target } from "../../proxy/config.ts";
import { type Ask, ask, type Reply } from "../serving/http.ts";
import { uniquePrompt } from "./prompt.ts";
import { COMPUTED, type Counters, moved, movedSlot, rise, type Seen, scrape, seen } from "./scrape.ts";

/** (endpoint, rank) on the wire: `http://10.0.1.10:8087#2`. */
export interface Slot {
  readonly url: string;
  readonly slot: number;
}

export interface Trial {
  readonly prefill: Slot | undefined;
  readonly decode: Slot | undefined;
  readonly promptTokens: number;
  readonly seen: Seen;
  readonly answer: string;
  /** Decode's own answer to the same prompt, computed without any cache; undefined: it was not asked, or did not compute it itself. */
  readonly own: string | undefined;
  readonly latency: { readonly totalMs: number; readonly prefillMs: number | undefined };
}

/** Headers with a key, or none. */
export interface TrialKeys {
  readonly proxy: Readonly<Record<string, string>>;
  readonly engines: Readonly<Record<string, string>>;
}

/** What every request of one proof shares. */
export interface Asked {
  readonly step: SmokeStep;
  readonly targets: readonly Target[];
  readonly keys: TrialKeys;
}

/** The cluster answered, but not as it must. The reply is kept for the card. */
export class TrialFailed extends Error {
  override readonly name = "TrialFailed";
  readonly reply: Reply;
  readonly what: string;
  constructor(what: string, reply: Reply) {
    super(what);
    this.what = what;
    this.reply = reply;
  }
}

const SETTLE_MS = 3_000; // vLLM publishes its counters a scheduler step after the answer has left

/** One completion through the proxy, what decode's counters say of it, and decode's own answer beside it. */
export async function trial(
  session: Session,
  asked: Asked,
  before: Counters,
  signal: AbortSignal,
): Promise<{ trial: Trial; after: Counters }> {
  const { step, targets, keys } = asked;
  const prompt = uniquePrompt(step.promptWords);
  const reply = await ask(
    session,
    `${step.url}${step.path}`,
    { method: "POST", json: { ...step.body, prompt }, headers: { ...step.headers, ...keys.proxy } },
    signal,
  );
  const { text, promptTokens } = completion(reply, step);
  const named = { prefill: slotOf(reply.headers["x-pdctl-prefill"]), decode: slotOf(reply.headers["x-pdctl-decode"]) };
  const settled = await settle(session, step, targets, before, named.decode, signal);
  const decode = named.decode ?? servedBy(settled, before, targets, "decode");
  const result = {
    prefill: named.prefill ?? servedBy(settled, before, targets, "prefill"),
    decode,
    promptTokens,
    seen: decode === undefined ? NOTHING : seen(before, settled, decode.url, step.proof),
    answer: text,
    latency: { totalMs: reply.ms, prefillMs: timing(reply.headers["server-timing"], "prefill") },
  };
  const own =
    decode === undefined ? undefined : await ownAnswer(session, asked, decode, { prompt, promptTokens }, signal);
  return { trial: { ...result, own }, after: await scrape(session, targets, signal) };
}

const NOTHING: Seen = { tokens: undefined, bytes: undefined, computed: undefined, transferMs: undefined, wrong: [] };

/** A model may end at once, or say tokens that are no text: an answer is one where a token was generated. */
export function completion(reply: Reply, step: Pick<SmokeStep, "promptWords">): { text: string; promptTokens: number } {
  if (reply.status !== 200) throw new TrialFailed(`answered ${reply.status}`, reply);
  const body = parsed(reply);
  const [choice] = body.choices ?? [];
  const generated = (body.usage?.completion_tokens ?? 0) > 0;
  if (choice?.text === undefined || (choice.text === "" && !generated))
    throw new TrialFailed("the answer has no text", reply);
  if (choice.finish_reason === "error") throw new TrialFailed("finish_reason is error", reply);
  const promptTokens = body.usage?.prompt_tokens ?? 0;
  if (promptTokens < step.promptWords)
    throw new TrialFailed(`usage.prompt_tokens is ${promptTokens} for ${step.promptWords} words`, reply);
  return { text: choice.text, promptTokens };
}

interface Body {
  readonly choices?: readonly { readonly text?: string; readonly finish_reason?: string }[];
  readonly usage?: { readonly prompt_tokens?: number; readonly completion_tokens?: number };
}

function parsed(reply: Reply): Body {
  try {
    return JSON.parse(reply.text) as Body;
  } catch (cause) {
    throw new TrialFailed(`the answer is not JSON: ${(cause as Error).message}`, reply);
  }
}

/** Reads the counters until decode's have moved, or until they had their time: then what stands there is the answer. */
async function settle(
  session: Session,
  step: SmokeStep,
  targets: readonly Target[],
  before: Counters,
  decode: Slot | undefined,
  signal: AbortSignal,
): Promise<Counters> {
  const until = performance.now() + SETTLE_MS;
  for (;;) {
    const now = await scrape(session, targets, signal);
    const urls =
      decode === undefined ? targets.filter(({ role }) => role === "decode").map(({ url }) => url) : [decode.url];
    const done = urls.some((url) =>
      [step.proof.tokens, COMPUTED].some((name) => (rise(before, now, url, name) ?? 0) > 0),
    );
    if (done || performance.now() > until) return now;
    await pause(50, undefined, { signal });
  }
}

/** The same prompt, straight to decode, under a salt that no cache knows. Only an answer that it computed itself counts. */
async function ownAnswer(
  session: Session,
  { step, targets, keys }: Asked,
  decode: Slot,
  { prompt, promptTokens }: { prompt: string; promptTokens: number },
  signal: AbortSignal,
): Promise<string | undefined> {
  const target = targets.filter(({ url }) => url === decode.url);
  const slots = target[0]?.slots ?? 1;
  const before = await scrape(session, target, signal);
  const control: Ask = {
    method: "POST",
    json: { ...step.body, prompt, cache_salt: randomUUID() },
    headers: { ...keys.engines, ...(slots > 1 && { "x-data-parallel-rank": String(decode.slot) }) },
  };
  const reply = await ask(session, `${decode.url}${step.path}`, control, signal);
  const { text } = completion(reply, step);
  const until = performance.now() + SETTLE_MS;
  for (;;) {
    const computed = rise(before, await scrape(session, target, signal), decode.url, COMPUTED);
    if (computed === undefined) return undefined; // no counter tells who computed it: it proves nothing
    if (computed >= promptTokens) return text;
    if (performance.now() > until) return undefined;
    await pause(50, undefined, { signal });
  }
}

function servedBy(
  after: Counters,
  before: Counters,
  targets: readonly Target[],
  role: Target["role"],
): Slot | undefined {
  const hits = moved(before, after, targets).filter((target) => target.role === role);
  const [only, ...others] = hits;
  return only === undefined || others.length > 0
    ? undefined
    : { url: only.url, slot: movedSlot(before, after, only.url) };
}

function slotOf(header: string | string[] | undefined): Slot | undefined {
  const found = typeof header === "string" ? /^(.+?)(?:#(\d+))?$/.exec(header) : null;
  return found?.[1] === undefined ? undefined : { url: found[1], slot: Number(found[2] ?? 0) };
}

function timing(header: string | string[] | undefined, name: string): number | undefined {
  const found = new RegExp(`\\b${name};dur=([\\d.]+)`).exec(String(header ?? ""));
  return found === null ? undefined : Number(found[1]);
}
