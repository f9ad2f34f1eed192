import { JsonError } from "../../body/json.ts";
import { ProxyError } from "../../errors.ts";
import type { Answer } from "../../families/family.ts";
import { isEventStream } from "../../front/reply.ts";
import type { Reply } from "../../upstream/upstream.ts";
import { safely, withBody } from "../filter.ts";
import { Frames, framesOf } from "../frames.ts";
import type { Identity } from "../identity.ts";
import { MergedEvents } from "./stream.ts";
import { mergedAnswer, type Place } from "./whole.ts";

/** The answer to one part, open. */
export interface OpenPart {
  readonly answer: Answer;
  readonly place: Place;
  /** What to say of a body that broke off. */
  readonly broke: (error: unknown) => unknown;
  /** Lets its engines go. */
  readonly letGo: () => void;
}

/** The parts' answers as one, under the head of the first. Breaks off as a whole when one does. */
export function merged(parts: readonly OpenPart[], identity: Identity): Answer {
  const [first] = parts;
  if (!first) throw new Error("no parts to make an answer of");
  const streams = isEventStream(first.answer.headers["content-type"]);
  const read = streams ? readStreams(parts, identity) : readWhole(parts, identity);
  return {
    ...withBody(first.answer, read),
    drop: () => {
      for (const { answer } of parts) answer.drop();
    },
    onClose(listener) {
      let open = parts.length;
      for (const { answer } of parts) answer.onClose(() => --open === 0 && listener());
    },
  };
}

const readWhole =
  (parts: readonly OpenPart[], identity: Identity): Reply["read"] =>
  async (next) => {
    const bodies = await together(parts, ({ answer }) => answer.bytes());
    await next(mergedOr502(parts, bodies, identity));
  };

function mergedOr502(parts: readonly OpenPart[], bodies: readonly Buffer[], identity: Identity): Buffer {
  try {
    return mergedAnswer(
      bodies,
      parts.map(({ place }) => place),
      identity,
    );
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw parts[0] ? unmergeable(parts[0].answer, `it is no JSON object: ${error.message}`) : error;
  }
}

function unmergeable({ from: { endpoint } }: Answer, why: string): ProxyError {
  const { role, url: target } = endpoint;
  return new ProxyError("target.broke", { role, target, why: `its answer cannot be one with the others: ${why}` });
}

const readStreams =
  (parts: readonly OpenPart[], identity: Identity): Reply["read"] =>
  async (next) => {
    const events = new MergedEvents(
      parts.map(({ place }) => place),
      identity,
    );
    let failed: Buffer | undefined;
    const pass = (part: number, run: Buffer) => {
      const out: Buffer[] = [];
      for (const frame of framesOf(run)) {
        if (failed) break;
        const fate = events.take(part, frame);
        if (fate === "error") failed = frame;
        else if (fate !== "kept") out.push(fate.frame);
      }
      if (failed) for (const { letGo } of parts) letGo();
      return out.length > 0 ? next(Buffer.concat(out)) : undefined;
    };
    try {
      await together(parts, async ({ answer }, part) => {
        const frames = new Frames();
        await answer.read(
          safely((chunk) => {
            const run = frames.take(chunk);
            if (frames.raw) throw unmergeable(answer, "an event is larger than 8 MiB");
            return run && pass(part, run);
          }),
        );
        const rest = frames.rest();
        if (rest.length > 0) await pass(part, rest);
      });
    } catch (error) {
      if (!failed) throw error;
    }
    // as an engine does of which one sequence fails: its error, and the end
    await next(failed ? Buffer.concat([failed, Buffer.from("data: [DONE]\n\n")]) : events.end());
  };

/** All at once; the first that fails lets the others go. */
async function together<T>(
  parts: readonly OpenPart[],
  each: (part: OpenPart, index: number) => Promise<T>,
): Promise<T[]> {
  try {
    return await Promise.all(
      parts.map((part, index) =>
        each(part, index).catch((error: unknown) => {
          throw part.broke(error);
        }),
      ),
    );
  } catch (error) {
    for (const { letGo } of parts) letGo();
    throw error;
  }
}
