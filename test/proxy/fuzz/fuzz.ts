import { Responses } from "./responses.ts";
import { Arena, CLOCK, type Client, type Finding, NEVER } from "./run.ts";

export interface FuzzOptions {
  readonly upstream: Client;
  readonly family: "relay" | "shared-store";
  readonly seed: number;
  readonly from: number;
  readonly cases: number;
  /** Clients at once. */
  readonly lanes: number;
  /** Asked before every case: whether to go on. */
  readonly goesOn?: (done: number, findings: readonly Finding[]) => boolean;
}

export interface FuzzResult {
  readonly done: number;
  readonly findings: readonly Finding[];
}

/** The same for spoiled answers, which each client reads by itself. */
export async function fuzzResponses({
  seed,
  from,
  cases,
  lanes,
  goesOn = () => true,
}: FuzzOptions): Promise<FuzzResult> {
  const responses = new Responses(seed);
  await responses.start();
  const findings: Finding[] = [];
  let [next, done] = [from, 0];
  const reader = async () => {
    while (next < from + cases && goesOn(done, findings)) {
      findings.push(...(await responses.run(next++)));
      done++;
    }
  };
  await Promise.all(Array.from({ length: lanes }, reader));
  await responses.stop();
  return { done, findings };
}

/** Runs these cases; what is left behind at the end is a finding too. */
export async function fuzz({
  upstream,
  family,
  seed,
  from,
  cases,
  lanes,
  goesOn = () => true,
}: FuzzOptions): Promise<FuzzResult> {
  const arena = new Arena(seed, upstream, { family, probeTimes: NEVER, clock: CLOCK });
  await arena.start();
  const findings: Finding[] = [];
  let [next, done] = [from, 0];
  const client = async () => {
    const lane = arena.lane();
    while (next < from + cases && goesOn(done, findings)) {
      findings.push(...(await lane.run(next++)));
      done++;
    }
    lane.close();
  };
  await Promise.all(Array.from({ length: lanes }, client));
  for (const what of await arena.rest()) findings.push({ index: next, what });
  await arena.stop();
  return { done, findings };
}
