import { asOne } from "../body/chunks.ts";
import type { Answer } from "../families/family.ts";
import type { Reply } from "../upstream/upstream.ts";
import { FRAME_MOST, Frames, framesOf } from "./frames.ts";

/** What stands between an engine's answer and its client. */
export interface Filter {
  /** @returns what goes on now */
  pass(chunk: Buffer): Buffer | undefined;
  /** The answer has ended, or broken off. @returns what was kept back */
  end(): Buffer;
}

/** The answer with its body filtered; all else as it is. A slow client holds the engine back as before. */
export const filtered = (answer: Answer, filter: Filter): Answer =>
  withBody(answer, (next) => {
    const rest = () => {
      const left = filter.end();
      return left.length > 0 ? next(left) : undefined;
    };
    const body = answer.read(
      safely((chunk) => {
        const out = filter.pass(chunk);
        return out && next(out);
      }),
    );
    return body.then(rest, async (error: unknown) => {
      await rest(); // the client gets all that came, as without a filter
      throw error;
    });
  });

type OnChunk = Parameters<Reply["read"]>[0];

/** What a chunk's handler throws is the failure of this one answer; whoever hands out chunks has no use for it. */
export const safely =
  (onChunk: OnChunk): OnChunk =>
  (chunk) => {
    try {
      return onChunk(chunk);
    } catch (error) {
      return Promise.reject(error);
    }
  };

/** The answer with another body. */
export const withBody = (answer: Answer, read: Reply["read"]): Answer => ({
  from: answer.from,
  status: answer.status,
  headers: answer.headers,
  read,
  async bytes() {
    const chunks: Buffer[] = [];
    await read((chunk) => void chunks.push(chunk));
    return asOne(chunks);
  },
  drop: () => answer.drop(),
  onClose: (listener) => answer.onClose(listener),
});

/**
 * Edits the frames of a stream that contain a word; all others go through as they come, unread. Whatever is added to a frame, none is
 * held back that is whole.
 * @param edit a frame, or what is left of one → what goes on in its place
 */
export function frameFilter(word: Buffer, edit: (frame: Buffer) => Buffer): Filter {
  const frames = new Frames();
  const perFrame = (run: Buffer) => {
    if (!run.includes(word)) return run;
    return Buffer.concat([...framesOf(run)].map((frame) => (frame.includes(word) ? edit(frame) : frame)));
  };
  return {
    pass(chunk) {
      const run = frames.take(chunk);
      return run && (frames.raw ? run : perFrame(run));
    },
    end: () => perFrame(frames.rest()),
  };
}

/** Edits an answer that is no stream, once it is there; one that is too large goes through as it comes. */
export function wholeFilter(word: Buffer, edit: (body: Buffer) => Buffer, most = FRAME_MOST): Filter {
  let held: Buffer[] | undefined = [];
  let size = 0;
  return {
    pass(chunk) {
      if (!held) return chunk;
      held.push(chunk);
      size += chunk.length;
      if (size <= most) return undefined;
      const all = asOne(held);
      held = undefined;
      return all;
    },
    end() {
      const body = asOne(held ?? []);
      return body.includes(word) ? edit(body) : body;
    },
  };
}
