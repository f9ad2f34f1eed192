import type { Socket } from "node:net";
import { type Ask, EngineDied } from "../engine/ask.ts";
import type { LocalRank } from "../engine/local-rank.ts";
import { isObject } from "../json.ts";
import { onFrames, sendFrame } from "../kv/frames.ts";
import { readAsk } from "./link-messages.ts";

/** A headless process's end of the link: runs what the head sends, tells each step, and the counters when they have changed. */
export function serveLink(socket: Socket, ranks: readonly LocalRank[]): void {
  const running = new Map<string, AbortController>();
  onFrames(socket, ({ head }) => {
    if (head.op === "abort") running.get(String(head.id))?.abort();
    const rank = ranks.find((one) => one.rank === head.rank);
    if (head.op === "decline" && isObject(head.kvParams)) rank?.decline(head.kvParams);
    const ask = head.op === "run" ? readAsk(head.ask) : undefined;
    if (ask !== undefined && rank !== undefined) void run(rank, ask);
  });
  socket.on("close", () => {
    for (const gone of running.values()) gone.abort();
  });
  for (const rank of ranks) {
    let pending = false;
    const tell = () => {
      pending = false;
      if (!socket.destroyed) sendFrame(socket, { op: "stats", rank: rank.rank, snapshot: rank.snapshot() });
    };
    rank.counters.onChange = () => {
      if (pending) return;
      pending = true;
      setImmediate(tell);
    };
    tell();
  }

  async function run(rank: LocalRank, ask: Ask): Promise<void> {
    const gone = new AbortController();
    running.set(ask.id, gone);
    const say = (message: Record<string, unknown>) => {
      if (!socket.destroyed) sendFrame(socket, { rank: rank.rank, id: ask.id, ...message });
    };
    try {
      for await (const step of rank.generate(ask, gone.signal)) say({ op: "step", step });
    } catch (error) {
      say({ op: "failed", died: error instanceof EngineDied });
    } finally {
      running.delete(ask.id);
    }
  }
}
