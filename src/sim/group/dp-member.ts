import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { LocalRank } from "../engine/local-rank.ts";
import { engineRaised } from "../fatal.ts";
import { type Frame, onFrames, sendFrame } from "../kv/frames.ts";
import type { Log } from "../log.ts";
import type { Parallel } from "../start/parallel.ts";
import { dial } from "./dial.ts";
import { type Group, Membership } from "./group.ts";
import { serveLink } from "./serve-link.ts";

const RETRY_MS = { first: 50, most: 500 }; // sixty ranks that knock at once must not keep rank 0 from opening

export interface MemberOptions {
  readonly parallel: Parallel;
  readonly timeoutMs: number;
  readonly log: Log;
  /** Filled before meet(): what a head of internal load balancing may use. */
  readonly ranks: readonly LocalRank[];
}

/** The side of every other rank: HELLO until rank 0 answers, READY when loaded, then a link that shows who is still there. */
export async function memberOf({ parallel, timeoutMs, log, ranks }: MemberOptions): Promise<Group> {
  const { address, rpcPort, start, dpLocal, dp, headless, hash } = parallel;
  const members = new Membership();
  const mine = Array.from({ length: dpLocal }, (_, at) => start + at);
  const who = { ranks: mine, headless, dp, hash };
  if (headless) {
    log.info(
      "serve.py",
      `Launching ${dpLocal} data parallel engine(s) in headless mode, with head node address tcp://${address}:${rpcPort}.`,
    );
  }
  const { socket, frames, port } = await greet(address, rpcPort, { op: "HELLO", ...who }, timeoutMs);
  const link = await dial(address, port);
  if (link === undefined) throw engineRaised("RuntimeError", `Connection closed by peer [${address}]:${port}`);
  sendFrame(link, { op: "link", ranks: mine });
  link.on("close", () => members.lose("rank 0"));

  return {
    remotes: [],
    ...members.losses(),
    async meet() {
      const gone = frames.closed.then(() => {
        throw engineRaised(
          "RuntimeError",
          `[gloo/transport/tcp/pair.cc] Connection closed by peer [${address}]:${rpcPort}. This is typically caused by a remote worker crash.`,
        );
      });
      const go = frames.next("GO");
      sendFrame(socket, { op: "READY", ...who });
      await Promise.race([go, gone]);
      gone.catch(() => undefined); // closed by us from here on
      socket.destroy();
      serveLink(link, ranks);
    },
    close() {
      socket.destroy();
      link.destroy();
    },
  };
}

async function greet(address: string, port: number, hello: Record<string, unknown>, timeoutMs: number) {
  const deadline = Date.now() + timeoutMs;
  const late = engineRaised("RuntimeError", "Did not receive response from front-end process within 5 minutes");
  for (let pause = RETRY_MS.first; ; pause = Math.min(2 * pause, RETRY_MS.most)) {
    const socket = await dial(address, port);
    if (socket !== undefined) {
      const frames = inbox(socket);
      sendFrame(socket, hello);
      const init = await Promise.race([
        frames.next("INIT"),
        frames.closed,
        sleep(Math.max(1, deadline - Date.now()), undefined, { ref: false }),
      ]);
      if (init !== undefined) return { socket, frames, port: Number(init.head.port) };
      socket.destroy();
    }
    if (Date.now() + pause >= deadline) throw late;
    await sleep(pause);
  }
}

function inbox(socket: Socket) {
  const waiting = new Map<string, (frame: Frame) => void>();
  const come = new Map<string, Frame>();
  onFrames(socket, (frame) => {
    const op = String(frame.head.op);
    come.set(op, frame);
    waiting.get(op)?.(frame);
  });
  return {
    next: (op: string) =>
      new Promise<Frame>((resolve) => {
        const there = come.get(op);
        if (there === undefined) waiting.set(op, resolve);
        else resolve(there);
      }),
    closed: new Promise<undefined>((resolve) => {
      socket.once("close", () => resolve(undefined));
    }),
  };
}
