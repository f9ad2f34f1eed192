import type { Duplex, Readable, Writable } from "node:stream";

/** A command that runs on the node. */
export interface Running {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Settles when the command ended and its output is read; rejects with `node.lost` when the connection went first. */
  readonly ended: Promise<{ readonly exit: number | null; readonly signal: string | null }>;
  /** Ends the command if the node can still be reached; never waits. */
  kill(): void;
}

/** What a kind of node offers; everything a `Session` promises is built once, on top of it (`shell-session.ts`). */
export interface Transport {
  /** Runs one line of any login shell. */
  exec(command: string, signal: AbortSignal): Promise<Running>;
  connect(host: string, port: number, signal: AbortSignal): Promise<Duplex>;
  readonly lost: Promise<Error>;
  close(): Promise<void>;
}
