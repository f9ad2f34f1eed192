import { parseArgs } from "node:util";
import { moreThan, resources } from "../accounts.ts";
import { Arena, type Client, type Finding } from "../fuzz/run.ts";

const USAGE = `npm run soak -- [--minutes N] [--rate N] [--seed N] [--round S]     20 minutes, 30 requests a second, rounds of 60 s
`;
const FAMILY = { undici: "relay", sockets: "shared-store" } as const;
const PROBES = { upMs: 1_000, otherMs: 100, answerMs: 5_000 };
const WARM = 3; // rounds in which caches and compiled code still grow
const GROWTH_BYTES = 4 * 1024 * 1024; // of the whole process, the engines and clients of the soak included

interface Round {
  readonly heap: number;
  readonly rss: number;
}

/** Clients, faults and restarts of engines for a long time, slowly; after each minute everything must be as if nothing had been. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      minutes: { type: "string", default: "20" },
      rate: { type: "string", default: "30" },
      seed: { type: "string", default: String(Date.now() % 1_000_000) },
      round: { type: "string", default: "60" },
      help: { type: "boolean" },
    },
  });
  const { gc } = globalThis;
  if (values.help || !gc) {
    process.stdout.write(USAGE);
    return values.help ? 0 : 2;
  }
  const [seconds, rate, seed] = [Number(values.round), Number(values.rate), Number(values.seed)];
  const rounds = Math.ceil((Number(values.minutes) * 60) / seconds);
  const before = resources();
  const clients = ["undici", "sockets"] as const;
  const soaks = await Promise.all(clients.map((client) => Soak.start(seed, client, rate / clients.length)));
  process.stdout.write(`soak: seed ${seed}, ${rounds} rounds of ${seconds} s, ${rate} requests a second\n`);
  const measured: Round[] = [];
  const wrong: string[] = [];
  for (let round = 1; round <= rounds; round++) {
    wrong.push(...(await Promise.all(soaks.map((soak) => soak.round(round, seconds)))).flat());
    gc();
    const { heapUsed: heap, rss } = process.memoryUsage();
    measured.push({ heap, rss });
    const sent = soaks.reduce((sum, soak) => sum + soak.sent, 0);
    process.stdout.write(
      `round ${round}: ${sent} requests, heap ${mib(heap)}, rss ${mib(rss)}, ${wrong.length} wrong\n`,
    );
  }
  await Promise.all(soaks.map((soak) => soak.stop()));
  wrong.push(...growth(measured), ...(await leftOver(before)));
  for (const what of wrong) process.stdout.write(`WRONG ${what}\n`);
  process.stdout.write(
    `soak: ${soaks.reduce((sum, { sent }) => sum + sent, 0)} requests, ${wrong.length} wrong, heap ${measured.map(({ heap }) => mib(heap)).join(" ")}\n`,
  );
  return wrong.length > 0 ? 1 : 0;
}

/** One proxy, its engines and its clients. */
class Soak {
  readonly #arena: Arena;
  readonly #client: Client;
  readonly #rate: number;
  sent = 0;

  private constructor(arena: Arena, client: Client, rate: number) {
    this.#arena = arena;
    this.#client = client;
    this.#rate = rate;
  }

  static async start(seed: number, client: Client, rate: number): Promise<Soak> {
    const arena = new Arena(seed, client, { family: FAMILY[client], probeTimes: PROBES, clock: 1, plainEvery: 1 });
    await arena.start();
    return new Soak(arena, client, rate);
  }

  /** A minute of requests, with an engine that goes away in its middle. @returns what is wrong at its end */
  async round(number: number, seconds: number): Promise<readonly string[]> {
    const findings: Finding[] = [];
    const endsAt = performance.now() + seconds * 1_000;
    const lanes = 6;
    const client = async () => {
      const lane = this.#arena.lane();
      while (performance.now() < endsAt) {
        const [index, began] = [this.sent++, performance.now()];
        findings.push(...(await lane.run(index)));
        const left = (lanes / this.#rate) * 1_000 - (performance.now() - began);
        if (left > 0) await new Promise((resolve) => setTimeout(resolve, left));
      }
      lane.close();
    };
    const restart = async () => {
      await new Promise((resolve) => setTimeout(resolve, (seconds * 1_000) / 2));
      await this.#arena.restart(number);
    };
    await Promise.all([restart(), ...Array.from({ length: lanes }, client)]);
    const rest = await this.#arena.rest();
    return [...findings.map(({ index, what }) => `case ${index}: ${what}`), ...rest].map(
      (what) => `${this.#client}: ${what}`,
    );
  }

  stop(): Promise<void> {
    return this.#arena.stop();
  }
}

/** The heap after a collection, at the end against after warming up. */
function growth(rounds: readonly Round[]): readonly string[] {
  const third = Math.floor((rounds.length - WARM) / 3);
  if (third < 1) return [];
  const median = (some: readonly Round[]) =>
    [...some].map(({ heap }) => heap).sort((a, b) => a - b)[Math.floor(some.length / 2)] ?? 0;
  const [early, late] = [median(rounds.slice(WARM, WARM + third)), median(rounds.slice(-third))];
  return late - early > GROWTH_BYTES ? [`the heap grew from ${mib(early)} to ${mib(late)}`] : [];
}

async function leftOver(before: ReturnType<typeof resources>): Promise<readonly string[]> {
  for (const deadline = performance.now() + 10_000; moreThan(before).length > 0; ) {
    if (performance.now() > deadline) return [`left open: ${JSON.stringify(moreThan(before))}`];
    await new Promise((resolve) => setImmediate(resolve));
  }
  return [];
}

const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

process.exitCode = await main();
