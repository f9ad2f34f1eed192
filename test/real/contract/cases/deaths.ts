import type { Pair, Section } from "../case.ts";
import type { Engine } from "../engine.ts";
import { until } from "../engine.ts";
import type { Launcher } from "../launcher.ts";
import { fresh } from "../prompts.ts";
import type { Seen } from "../seen.ts";
import { idle } from "../watch.ts";
import { ticketFor } from "./pulls.ts";
import { completion } from "./requests.ts";

const FOLLOWS_MS = 3_000; // children that end with their parent have ended by then

/** How it ended, and what is left. */
export async function endOf(engine: Engine, settleMs: number): Promise<Seen> {
  const exit = await engine.exit;
  await engine.heard();
  const gone = () => engine.processes().length === 0;
  for (const end = performance.now() + FOLLOWS_MS; !gone() && performance.now() < end; )
    await new Promise((resolve) => setTimeout(resolve, settleMs));
  return { ...exit, left: engine.processes().map(({ name }) => name), ports: engine.ports() };
}

/** A request that is being answered. */
export async function running(
  engine: Engine,
  body: Readonly<Record<string, unknown>>,
): Promise<{ readonly ended: Promise<Seen> }> {
  const wanted = completion({ max_tokens: 900, ...body });
  const streamed = wanted.stream === true ? engine.streams(wanted) : undefined;
  const reply = streamed?.reply ?? engine.ask("POST", "/v1/completions", wanted);
  const ended = reply.then(
    (whole) => {
      const seen = engine.seen(whole);
      return { status: whole.status, end: isEvents(seen) ? seen.events.slice(-2) : reasonOf(whole.text) };
    },
    () => "connection lost",
  );
  await (streamed?.begun ?? until("the request runs", 20_000, async () => !idle(await engine.metrics())));
  return { ended };
}

const isEvents = (seen: Seen): seen is { readonly events: readonly Seen[] } =>
  typeof seen === "object" && seen !== null && "events" in seen;

/** Why an answer ended. */
const reasonOf = (text: string): Seen => /"finish_reason":"(\w+)"/.exec(text)?.[1] ?? null;

export const lastOfPair: Section<Pair> = {
  name: "last-of-pair",
  title: "What ends an engine of a pair",
  cases: [
    {
      name: "decode, given too few block ids",
      act: async ({ p, d, launcher }) => {
        const prompt = fresh(100);
        const ticket = await ticketFor(p, prompt);
        const reply = await d.ask(
          "POST",
          "/v1/completions",
          completion({ prompt, kv_transfer_params: { ...ticket, remote_block_ids: [[1]] } }),
        );
        return {
          answer: d.seen(reply),
          end: await endOf(d, launcher.settleMs),
          said: d.said(
            "assert num_decode_blocks <= len(prefill_group)",
            "AssertionError",
            "EngineDeadError",
            "Application shutdown complete.",
          ),
        };
      },
    },
    {
      name: "prefill, SIGTERM while it answers",
      act: async ({ p, launcher }) => {
        const streamed = await running(p, { stream: true });
        p.kill("SIGTERM");
        return {
          end: await endOf(p, launcher.settleMs),
          stream: await streamed.ended,
          said: p.said("Application shutdown complete."),
        };
      },
    },
  ],
};

/** Three engines that nobody needs afterwards. */
export interface Three {
  readonly launcher: Launcher;
  readonly a: Engine;
  readonly b: Engine;
  readonly c: Engine;
}

const NOWHERE = {
  do_remote_prefill: true,
  do_remote_decode: false,
  remote_block_ids: [[1, 2]],
  remote_engine_id: "e",
  remote_host: "127.0.0.1",
  remote_port: 9,
  tp_size: 1,
};

export const deaths: Section<Three> = {
  name: "deaths",
  title: "What ends an engine",
  cases: [
    {
      name: "no remote_request_id: nothing happens, and the client's leaving ends the engine",
      act: async ({ a, launcher }) => {
        const gone = new AbortController();
        const asked = a.ask("POST", "/v1/completions", completion({ kv_transfer_params: NOWHERE }), {
          signal: gone.signal,
        });
        const left = asked.then(
          () => "answered",
          () => "left",
        );
        await until("it waits", 10_000, async () => !idle(await a.metrics()));
        await new Promise((resolve) => setTimeout(resolve, 1_000)); // long enough to have been answered
        gone.abort();
        const client = await left;
        return {
          client,
          end: await endOf(a, launcher.settleMs),
          said: a.said("KeyError: 'remote_request_id'", "EngineDeadError"),
        };
      },
    },
    {
      name: "the engine core killed",
      act: async ({ b, launcher }) => {
        const core = b.processes().find(({ name }) => name === "VLLM::EngineCore");
        if (core === undefined) return "there is none";
        process.kill(core.pid, "SIGKILL");
        return { end: await endOf(b, launcher.settleMs) };
      },
      differs: [
        {
          at: "",
          why: "the stand-in is one process; PDCTL_SIM_DIE_AFTER_READY_MS ends it, PDCTL_SIM_UNHEALTHY makes its health 503",
        },
      ],
    },
    {
      name: "SIGTERM while it is idle",
      act: async ({ c, launcher }) => {
        c.kill("SIGTERM");
        return { end: await endOf(c, launcher.settleMs), said: c.said("Application shutdown complete.") };
      },
    },
  ],
};
