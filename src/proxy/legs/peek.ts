import { JsonError, rawValue, readObject } from "../body/json.ts";
import type { Reply } from "../upstream/upstream.ts";

const EVENT_MOST = 64 * 1024; // an error event is some hundred bytes
const OPENS_ERROR = /^data:\s*\{\s*"error"/;
/** Every beginning of a text that OPENS_ERROR could still come to match. */
const MAY_OPEN_ERROR = /^(?:d?|da|dat|data|data:\s*(?:\{\s*(?:"(?:e(?:r(?:ro?)?)?)?|"erro|"error)?)?)$/;

export interface Peeked {
  readonly reply: Reply;
  /** `error`: the first event says that the engine failed; `broken`: it broke off without a byte; `goes`: anything else. */
  readonly begins: "error" | "broken" | "goes";
}

/**
 * Waits for the first bytes of a stream, and for its first event where those look like an error. Engines send the head of a stream before they
 * have worked on it, so a KV that could not be loaded shows only here. The bytes are kept: reading gives them all. An ordinary stream waits for no
 * byte more than the first. Source: proxy-protocols.md §3.3 R10, §3.6, §G.6.
 */
export async function peek(reply: Reply): Promise<Peeked> {
  const held: Buffer[] = [];
  let onChunk: ((chunk: Buffer) => Promise<void> | undefined) | undefined;
  let attach: () => void = () => undefined;
  const attached = new Promise<void>((resolve) => {
    attach = resolve;
  });
  let decide: (begins: Peeked["begins"]) => void = () => undefined;
  const decided = new Promise<Peeked["begins"]>((resolve) => {
    decide = resolve;
  });
  const done = reply.read((chunk) => {
    if (onChunk) return onChunk(chunk);
    held.push(chunk);
    const begins = look(Buffer.concat(held));
    if (begins === undefined) return undefined;
    decide(begins);
    return attached; // the engine is held back until somebody reads
  });
  done.then(
    () => decide("goes"),
    () => decide(held.length === 0 ? "broken" : "goes"),
  );
  const begins = await decided;
  const read: Reply["read"] = async (next) => {
    for (const chunk of held.splice(0)) await next(chunk);
    onChunk = next;
    attach();
    await done;
  };
  return { begins, reply: peekedReply(reply, read) };
}

function peekedReply(reply: Reply, read: Reply["read"]): Reply {
  return {
    status: reply.status,
    headers: reply.headers,
    read,
    async bytes() {
      const chunks: Buffer[] = [];
      await read((chunk) => void chunks.push(chunk));
      return Buffer.concat(chunks);
    },
    drop: () => reply.drop(),
    onClose: (listener) => reply.onClose(listener),
  };
}

/** @returns undefined while it is not clear yet */
function look(start: Buffer): "error" | "goes" | undefined {
  const text = start.toString("latin1", 0, EVENT_MOST);
  if (!OPENS_ERROR.test(text)) return MAY_OPEN_ERROR.test(text) ? undefined : "goes";
  const [event, rest] = text.split(/\r?\n\r?\n/, 2);
  if (rest === undefined) return start.length < EVENT_MOST ? undefined : "goes";
  return isEnginesFault(event ?? "") ? "error" : "goes";
}

/** An error of the client's own is final, and so is one that is written in no way that is known. */
function isEnginesFault(event: string): boolean {
  try {
    const error = rawValue(readObject(Buffer.from(event.replace(/^data:/, ""), "latin1")), "error");
    const code = error?.[0] === 0x7b ? rawValue(readObject(error), "code") : undefined;
    return code !== undefined && Number(code.toString().replaceAll('"', "")) >= 500;
  } catch (error) {
    if (error instanceof JsonError) return false;
    throw error;
  }
}
