import type { ProxyConfig } from "../config.ts";
import type { Check } from "./check.ts";

/** What the keys are about, in the order in which help and docs list them. */
export const TOPICS = {
  place: "Where it listens",
  routing: "Which engines, and how they are chosen",
  kv: "What the engines' connector asks for",
  limits: "How much at once",
  times: "How long is waited",
  failures: "When something fails",
  answers: "What it does to answers",
  doors: "Who may come in, and how it ends",
  looking: "What it tells",
  engines: "How it speaks to engines",
} as const;
export type Topic = keyof typeof TOPICS;

/** One key of the config, whoever writes it: a file, a flag or the plan. */
export interface Setting<T> {
  readonly topic: Topic;
  readonly check: Check<T>;
  /** One sentence. */
  readonly says: string;
  /** What it means that nothing is written, where `usual` has no value for it. */
  readonly unset?: string;
  /** Without dashes: the name that help shows, then other spellings of it. */
  readonly flags: readonly [string, ...string[]];
  /** The value, as help shows it; none: a switch. */
  readonly takes?: string;
}

/** The keys that hold one value each; `targets` is a list. */
export type Values = Required<Omit<ProxyConfig, "targets">>;
export type Key = keyof Values;
export type Settings = { readonly [K in Key]: Setting<Values[K]> };
