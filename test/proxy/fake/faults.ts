import type { Socket } from "node:net";
import type { Meant } from "./meant.ts";

/** What an engine does to one completion request instead of serving it well. */
export type Fault =
  | {
      readonly kind: "status";
      readonly status: number;
      readonly body: string;
      readonly headers?: Record<string, string>;
    }
  /** Sends the head of a stream and an error as its first event, as when the KV could not be loaded. */
  | { readonly kind: "error-event"; readonly code?: number }
  /** Takes the request and never answers. */
  | { readonly kind: "hang" }
  /** Sends the head of a stream and then nothing. */
  | { readonly kind: "silent-stream" }
  /** Closes the connection without a byte, before the engine itself has seen the request, when the connection was used before. */
  | { readonly kind: "idle-closed" }
  /** Closes the connection without a byte. */
  | { readonly kind: "reset" }
  /** Closes the connection after that many events, or in the middle of an answer that is no stream. */
  | { readonly kind: "break"; readonly after: number }
  /** Prefill sends the head of its answer, and the rest when it may. */
  | { readonly kind: "late-body"; readonly rest: () => Promise<unknown> }
  /** What prefill writes instead of its ticket; undefined leaves the key out. */
  | { readonly kind: "ticket"; readonly text: string | undefined }
  /** The first token is the end of the sequence. */
  | { readonly kind: "eos-first" }
  /** Waits before every event, or before an answer that is no stream, until it may go on. */
  | { readonly kind: "paced"; readonly before: (event: number) => Promise<unknown> }
  /** Answers well, and something happens to it on the way: what this writes is all that the proxy gets. The connection ends with it. */
  | { readonly kind: "wire"; readonly play: (socket: Socket, meant: Meant) => void | Promise<void> }
  /**
   * Of decode: after that many tokens its memory is full, and it gives the request back. `thinking`: what it said were thoughts. `quiet`: it does
   * not tell what it used.
   */
  | { readonly kind: "given-back"; readonly after: number; readonly thinking?: true; readonly quiet?: true }
  /** Writes this many bytes of events, as fast as the proxy takes them; each of `event` bytes, 64 KiB if not said. */
  | { readonly kind: "flood"; readonly bytes: number; readonly event?: number };

/** How a stream's events are cut into writes. */
export type Chunking = "each" | "many" | "bytes";
