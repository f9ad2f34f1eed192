import type { Pair, Stage } from "./case.ts";
import { chat } from "./cases/chats.ts";
import { completions } from "./cases/completions.ts";
import { deaths, lastOfPair, type Three } from "./cases/deaths.ts";
import { endpoints } from "./cases/endpoints.ts";
import { moreDeaths } from "./cases/from-outside.ts";
import { group, type Ranks } from "./cases/groups.ts";
import { leaving } from "./cases/leaving.ts";
import { type Ends, lines, table } from "./cases/lines.ts";
import { pairPorts } from "./cases/pair-ports.ts";
import { prefill } from "./cases/prefills.ts";
import { pull, ticketFor } from "./cases/pulls.ts";
import { refusals } from "./cases/refusals.ts";
import { completion } from "./cases/requests.ts";
import { streams } from "./cases/streams.ts";
import type { Engine, Ports } from "./engine.ts";
import type { Launcher, Wanted } from "./launcher.ts";
import { movement } from "./metrics.ts";
import { fresh } from "./prompts.ts";
import { sorted } from "./seen.ts";

/** All that both engines are held to. What ends an engine comes last. */
export const pair: Stage<Pair> = {
  name: "pair",
  async start(launcher) {
    const kv = (kv_role: string) => ({
      kv: { kv_role, kv_connector_extra_config: { kv_lease_duration: launcher.leaseSeconds } },
    });
    const engines = await started(launcher, [kv("kv_producer"), kv("kv_consumer")]);
    const [p, d] = engines;
    if (p === undefined || d === undefined) throw new Error("two engines were asked for");
    const prompt = fresh(32);
    await d.ask("POST", "/v1/completions", completion({ logprobs: 1, echo: true, prompt: fresh(4) })); // compiled at first use
    const before = await d.metrics();
    await d.ask("POST", "/v1/completions", completion({ prompt, kv_transfer_params: await ticketFor(p, prompt) }));
    const blockBytes = movement(before, await d.metrics()).get("vllm:nixl_bytes_transferred_sum");
    if (blockBytes === undefined) throw new Error("no KV crossed from prefill to decode");
    return { launcher, p, d, unit: { blockBytes }, ...disposing(engines) };
  },
  sections: [endpoints, pairPorts, completions, refusals, streams, chat, prefill, pull, leaving, lastOfPair],
};

const consumer = { kv: { kv_role: "kv_consumer" } };

const three =
  (wanted: readonly Wanted[]) =>
  async (launcher: Launcher): Promise<Three & AsyncDisposable> => {
    const engines = await started(launcher, wanted);
    const [a, b, c] = engines;
    if (a === undefined || b === undefined || c === undefined) throw new Error("three engines were asked for");
    return { launcher, a, b, c, ...disposing(engines) };
  };

export const ends: Stage<Three> = { name: "ends", start: three([consumer, consumer, consumer]), sections: [deaths] };

export const moreEnds: Stage<Three> = {
  name: "more ends",
  start: three([consumer, { args: ["--shutdown-timeout", "20"] }, {}]),
  sections: [moreDeaths],
};

export const ranks: Stage<Ranks> = {
  name: "ranks",
  async start(launcher) {
    const [http, side, rpc] = [await launcher.ports(2), await launcher.ports(2), await launcher.ports(1)];
    const engine = (rank: number) =>
      launcher.serve({
        moe: true,
        port: http + rank,
        side,
        rank,
        rpc,
        kv: { kv_role: "kv_consumer" },
        env: { PDCTL_SIM_LOAD_SECONDS: "3" }, // long enough to be looked at
        args: ["--enable-expert-parallel", "-dp", "2", "-dpn", String(rank), "-dpa", "127.0.0.1", "-dpp", String(rpc)],
      });
    const members = [await engine(0), await engine(1)] as const;
    const seen: [Ports, Ports] = [{}, {}];
    let healthy = false;
    const look = () => {
      seen[0] = both(seen[0], inside(members[0]));
      seen[1] = both(seen[1], inside(members[1]));
    };
    const watched = (async () => {
      while (!healthy) {
        look();
        await new Promise((resolve) => setTimeout(resolve, launcher.settleMs));
      }
    })();
    try {
      await Promise.all(members.map((member) => member.ready()));
    } finally {
      healthy = true;
      await watched;
      look(); // a side channel opens just before the end of the start, between two looks at a busy machine
    }
    return { launcher, ranks: members, whileStarting: seen, ...disposing(members) };
  },
  sections: [group],
};

export const commandLines: Stage<Ends> = {
  name: "command lines",
  start: async (launcher) => ({ ends: await launcher.refusals(table), ...disposing([]) }),
  sections: [lines],
};

/** All but the HTTP port: whether that opens a moment before the other rank's is chance. */
const inside = (engine: Engine): Ports =>
  Object.fromEntries(Object.entries(engine.ports()).filter(([purpose]) => purpose !== "http"));

const both = (one: Ports, other: Ports): Ports =>
  Object.fromEntries(
    sorted([...Object.keys(one), ...Object.keys(other)]).map((purpose) => [
      purpose,
      sorted([...(one[purpose] ?? []), ...(other[purpose] ?? [])]),
    ]),
  );

async function started(launcher: Launcher, wanted: readonly Wanted[]): Promise<readonly Engine[]> {
  const engines = await Promise.all(wanted.map((one) => launcher.serve(one)));
  try {
    await Promise.all(engines.map((engine) => engine.ready()));
  } catch (error) {
    await disposing(engines)[Symbol.asyncDispose]();
    throw error;
  }
  return engines;
}

const disposing = (engines: readonly Engine[]): AsyncDisposable => ({
  async [Symbol.asyncDispose]() {
    await Promise.all(engines.map((engine) => engine[Symbol.asyncDispose]()));
  },
});
