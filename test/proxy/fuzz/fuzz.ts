import type { FuzzFamily } from "./families.ts";
import { Front } from "./front/front.ts";
import { Responses } from "./responses.ts";
import { Arena, CLOCK, type Client, type Finding, NEVER } from "./run.ts";

export interface FuzzOptions {
  readonly upstream: Client;
  readonly family: FuzzFamily;
  readonly seed: number;
  readonly from: number;
  readonly cases: number;
  /** Clients at once. */
  readonly lanes: number;
  /** Every so many cases one also goes through the plain relay. */
  readonly plainEvery: number;
  /** Asked before every case: whether to go on. */
  readonly goesOn?: (done: number, findings: readonly Finding[]) => boolean;
}

export interface FuzzResult {
  readonly done: number;
  readonly findings: readonly Finding[];
}

interface Lane {
  run(index: number): Promise<readonly Finding[]>;
  close?(): void;
}

/** Cases in order, each by the lane that is free. */
async function inLanes(
  { from, cases, lanes, goesOn = () => true }: Pick<FuzzOptions, "from" | "cases" | "lanes" | "goesOn">,
  open: () => Lane,
): Promise<{ done: number; next: number; findings: Finding[] }> {
  const findings: Finding[] = [];
  let [next, done] = [from, 0];
  const worker = async () => {
    const lane = open();
    while (next < from + cases && goesOn(done, findings)) {
      findings.push(...(await lane.run(next++)));
      done++;
    }
    lane.close?.();
  };
  await Promise.all(Array.from({ length: lanes }, worker));
  return { done, next, findings };
}

/** The same for spoiled answers, which each client reads by itself. */
export async function fuzzResponses(options: FuzzOptions): Promise<FuzzResult> {
  const responses = new Responses(options.seed);
  await responses.start();
  const { done, findings } = await inLanes(options, () => responses);
  await responses.stop();
  return { done, findings };
}

/** The same for what clients write, well or ill. */
export async function fuzzFront(options: FuzzOptions): Promise<FuzzResult> {
  const front = new Front(options.seed, options.upstream);
  await front.start();
  const { done, next, findings } = await inLanes(options, () => front);
  for (const what of await front.rest()) findings.push({ index: next, what });
  await front.stop();
  return { done, findings };
}

/** Runs these cases; what is left behind at the end is a finding too. */
export async function fuzz(options: FuzzOptions): Promise<FuzzResult> {
  const { seed, upstream, family, plainEvery } = options;
  const arena = new Arena(seed, upstream, { family, probeTimes: NEVER, clock: CLOCK, plainEvery });
  await arena.start();
  const { done, next, findings } = await inLanes(options, () => arena.lane());
  for (const what of await arena.rest()) findings.push({ index: next, what });
  await arena.stop();
  return { done, findings };
}
