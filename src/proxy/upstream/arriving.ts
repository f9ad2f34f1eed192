import type { IncomingHttpHeaders } from "node:http";
import { asOne } from "../body/chunks.ts";
import type { Signal } from "../signal.ts";
import type { Reply } from "./upstream.ts";

/** What carries an answer: held back, let go on, or closed. */
export interface Line {
  pause(): void;
  resume(): void;
  /** Closes the connection, which frees the engine. */
  cut(reason: unknown): void;
}

type OnChunk = (chunk: Buffer) => Promise<void> | undefined;
type Settle = { resolve: (reply: Reply) => void; reject: (reason: unknown) => void };
type End = { readonly ok: true } | { readonly ok: false; readonly reason: unknown };

const WHOLE: End = { ok: true };
const EARLY_BYTES = 64 * 1024; // kept while nobody reads yet; beyond that the engine is held back

/** One answer on its way, whichever client carries it. Ends exactly once: whole, broken, or let go. */
export class Arriving implements Reply {
  status = 0;
  headers: IncomingHttpHeaders = {};
  readonly #signal: Signal;
  readonly #settle: Settle;
  readonly #onAbort = () => this.letGo(this.#signal.reason);
  #line: Line | undefined;
  #early: Buffer[] = [];
  #earlyBytes = 0;
  #slow = 0; // chunks that whoever reads has not done with
  #onChunk: OnChunk | undefined;
  #reading: { resolve: () => void; reject: (reason: unknown) => void } | undefined;
  #end: End | undefined;
  #listeners: (() => void)[] = [];

  constructor(signal: Signal, settle: Settle) {
    this.#signal = signal;
    this.#settle = settle;
    if (signal.aborted) this.#onAbort();
    else signal.addEventListener("abort", this.#onAbort);
  }

  get isOver(): boolean {
    return this.#end !== undefined;
  }

  /** From here on the answer can be held back and cut off. */
  comesBy(line: Line): void {
    this.#line = line;
  }

  begin(status: number, headers: IncomingHttpHeaders): void {
    if (this.#end) return;
    this.status = status;
    this.headers = headers;
    this.#settle.resolve(this);
  }

  take(chunk: Buffer): void {
    if (this.#end) return;
    if (this.#onChunk) {
      this.#hand(chunk);
      return;
    }
    this.#early.push(chunk);
    this.#earlyBytes += chunk.length;
    if (this.#earlyBytes > EARLY_BYTES) this.#line?.pause();
  }

  /** All of it has come. */
  finish(): void {
    this.#finish(WHOLE);
  }

  /** The connection is gone. */
  fail(reason: unknown): void {
    this.#finish({ ok: false, reason });
  }

  /** Nobody wants the rest. */
  letGo(reason: unknown): void {
    if (this.#end) return;
    const line = this.#line;
    this.#finish({ ok: false, reason });
    line?.cut(reason);
  }

  read(onChunk: OnChunk): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#reading = { resolve, reject };
      this.#onChunk = onChunk;
      const wasHeld = this.#earlyBytes > EARLY_BYTES;
      for (const chunk of this.#early.splice(0)) this.#hand(chunk);
      if (this.#end) this.#report(this.#end);
      else if (wasHeld && this.#slow === 0) this.#line?.resume();
    });
  }

  bytes(): Promise<Buffer> {
    if (this.#end?.ok) return Promise.resolve(asOne(this.#early.splice(0))); // a short one has come with its head
    const chunks: Buffer[] = [];
    return this.read((chunk) => {
      chunks.push(chunk);
      return undefined;
    }).then(() => asOne(chunks));
  }

  drop(): void {
    this.letGo(new Error("dropped"));
  }

  onClose(listener: () => void): void {
    if (this.#end) listener();
    else this.#listeners.push(listener);
  }

  #hand(chunk: Buffer): void {
    const slow = this.#onChunk?.(chunk);
    if (slow === undefined) return;
    if (this.#slow++ === 0) this.#line?.pause();
    slow.then(
      () => this.#goOn(),
      (reason: unknown) => this.letGo(reason),
    );
  }

  #goOn(): void {
    if (--this.#slow === 0 && !this.#end) this.#line?.resume();
  }

  #finish(end: End): void {
    if (this.#end) return;
    this.#end = end;
    this.#line = undefined; // it may carry another answer by now, which must not be held back in this one's name
    this.#signal.removeEventListener("abort", this.#onAbort);
    if (!end.ok) this.#settle.reject(end.reason); // no effect when the head has been handed over
    if (this.#reading) this.#report(end);
    for (const listener of this.#listeners.splice(0)) listener();
  }

  #report(end: End): void {
    if (end.ok) this.#reading?.resolve();
    else this.#reading?.reject(end.reason);
  }
}
