import type { Socket } from "node:net";
import { raised } from "../fatal.ts";
import type { JsonObject } from "../json.ts";
import { onFrames, sendFrame } from "../kv/frames.ts";
import { listenZmq } from "../kv/listen.ts";
import type { Log } from "../log.ts";
import type { Parallel } from "../start/parallel.ts";
import { type Group, Membership } from "./group.ts";
import { RemoteRank } from "./remote-rank.ts";

/**
 * Rank 0's side of the rendezvous: listens on the rpc port until every rank of the group has said HELLO and READY, then only on a
 * coordinator port that the kernel chose. It waits for a missing rank without a word. Source: launch.md §1.5, vllm-cpu.md §6.
 */
export async function headOf(parallel: Parallel, log: Log): Promise<Group> {
  const { address, rpcPort, dp, dpLocal, start, mode, hash, moe } = parallel;
  const members = new Membership();
  const remotes = Array.from({ length: dp }, (_, rank) => rank)
    .filter((rank) => rank < start || rank >= start + dpLocal)
    .map((rank) => new RemoteRank(rank));
  const states = new Map<number, "waiting" | "connected" | "ready">(remotes.map(({ rank }) => [rank, "waiting"]));
  const linked = new Set<number>();
  const sockets = new Set<Socket>();
  let met: () => void = () => undefined;
  const allReady = new Promise<void>((resolve) => {
    met = resolve;
  });

  const coordinator = await listenZmq(address, 0, (socket) => onFrames(socket, ({ head }) => link(socket, head)));
  log.info("coordinator.py", `Started DP Coordinator process (PID: ${process.pid})`);
  const rendezvous = await listenZmq(address, rpcPort, (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    onFrames(socket, ({ head }) => {
      const problem = greet(socket, head);
      if (problem !== undefined) members.fail(raised("RuntimeError", problem));
    });
  });

  function greet(socket: Socket, head: JsonObject): string | undefined {
    for (const rank of ranksOf(head)) {
      const state = states.get(rank);
      if (state === undefined) return `Message from engine with unexpected data parallel rank: ${rank}`;
      if (head.headless !== true && mode === "internal")
        return `Remote engine ${rank} must use --headless unless in external or hybrid dp lb mode`;
      if (head.headless === true && mode !== "internal")
        return `Remote engine ${rank} must not use --headless in external or hybrid dp lb mode`;
      if ((head.op === "HELLO") !== (state === "waiting"))
        return `Unexpected ${String(head.op)} message for remote engine ${rank} in ${state === "waiting" ? "NEW" : state.toUpperCase()} state.`;
      if (head.dp !== dp || (head.op === "READY" && moe && head.hash !== hash)) return mismatch(rank, head, hash);
      states.set(rank, head.op === "HELLO" ? "connected" : "ready");
    }
    if (head.op === "HELLO") sendFrame(socket, { op: "INIT", port: coordinator.port });
    look();
    return undefined;
  }

  /** Ready is not enough: a rank that can not be asked yet is not there. */
  function look(): void {
    if ([...states.values()].every((state) => state === "ready") && linked.size === remotes.length) met();
  }

  function link(socket: Socket, head: JsonObject): void {
    if (head.op === "link") {
      const ranks = ranksOf(head);
      for (const remote of remotes.filter(({ rank }) => ranks.includes(rank))) {
        remote.attach(socket);
        linked.add(remote.rank);
      }
      look();
      socket.on("close", () => {
        for (const rank of ranks) members.lose(`rank ${rank}`);
      });
      return;
    }
    remotes.find(({ rank }) => rank === head.rank)?.hear(head);
  }

  return {
    remotes,
    ...members.losses(),
    async meet() {
      await allReady;
      for (const socket of sockets) sendFrame(socket, { op: "GO" });
      await Promise.all([...sockets].map((socket) => new Promise<void>((resolve) => socket.end(() => resolve()))));
      rendezvous.close();
    },
    close() {
      rendezvous.close();
      coordinator.close();
    },
  };
}

const ranksOf = (head: JsonObject): readonly number[] => (Array.isArray(head.ranks) ? head.ranks.map(Number) : []);

const mismatch = (rank: number, head: JsonObject, hash: string) =>
  `Configuration mismatch detected for engine ${rank}. All DP workers must have identical configurations for parameters that affect collective communication (e.g., enable_eplb, eplb_config.log_balancedness). Worker hash: ${String(head.hash)}, Expected hash: ${hash}. Please ensure all workers are started with the same command-line arguments.`;
