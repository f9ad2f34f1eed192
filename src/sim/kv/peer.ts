import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { JsonObject } from "../json.ts";
import { type Frame, onFrames, sendFrame } from "./frames.ts";
import { untilAbort } from "./wait.ts";

/** A connection to another engine's side channel: one question at a time gets one answer. */
export class Peer {
  private readonly socket: Socket;
  private readonly waiting: { resolve: (frame: Frame) => void; reject: (error: Error) => void }[] = [];

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    onFrames(socket, (frame) => this.waiting.shift()?.resolve(frame));
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      for (const { reject } of this.waiting.splice(0)) reject(new PeerLost());
    });
  }

  /** Tries until the deadline, as zmq does: nobody there and nobody answering look the same. */
  static async open(host: string, port: number, timeoutMs: number): Promise<Peer> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const socket = await dial(host, port, Math.max(1, deadline - Date.now()));
      if (socket !== undefined) return new Peer(socket);
      if (Date.now() + RETRY_MS >= deadline) throw new PeerSilent();
      await sleep(RETRY_MS);
    }
  }

  get gone(): boolean {
    return this.socket.destroyed;
  }

  /** A caller that stops waiting leaves its place in the queue: the answer comes all the same, and is dropped. */
  async ask(head: JsonObject, timeoutMs: number, signal?: AbortSignal, body?: Buffer): Promise<Frame> {
    if (this.gone) throw new PeerLost();
    signal?.throwIfAborted();
    const answer = new Promise<Frame>((resolve, reject) => {
      const timer = setTimeout(() => reject(new PeerSilent()), timeoutMs);
      const settled =
        <T>(settle: (value: T) => void) =>
        (value: T) => {
          clearTimeout(timer);
          settle(value);
        };
      this.waiting.push({ resolve: settled(resolve), reject: settled(reject) });
      sendFrame(this.socket, head, body);
    });
    return signal === undefined ? answer : untilAbort(answer, signal);
  }

  tell(head: JsonObject): void {
    if (!this.gone) sendFrame(this.socket, head);
  }

  close(): void {
    this.socket.destroy();
  }
}

export class PeerLost extends Error {}
export class PeerSilent extends Error {}

const RETRY_MS = 250;

function dial(host: string, port: number, timeoutMs: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const timer = setTimeout(() => fail(), timeoutMs);
    const fail = () => {
      clearTimeout(timer);
      socket.destroy();
      resolve(undefined);
    };
    socket.once("error", fail);
    socket.once("connect", () => {
      clearTimeout(timer);
      socket.off("error", fail);
      resolve(socket);
    });
  });
}
