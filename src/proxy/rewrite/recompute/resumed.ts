import { JsonError, type JsonObject } from "../../body/json.ts";
import { ProxyError } from "../../errors.ts";
import type { Answer } from "../../families/family.ts";
import { isEventStream } from "../../front/reply.ts";
import type { Reply } from "../../upstream/upstream.ts";
import { safely, withBody } from "../filter.ts";
import { Frames, framesOf } from "../frames.ts";
import { Identity } from "../identity.ts";
import { ResumedEvents } from "./events.ts";
import { resumeBody, type SoFar } from "./resume-body.ts";
import { ResumedAnswer } from "./whole.ts";

/** An answer, and what to say of it when it breaks off. */
export interface Told {
  readonly answer: Answer;
  readonly broke: (error: unknown) => unknown;
}

export interface Resumption {
  /** As decode got it. */
  readonly body: JsonObject;
  /** The client asked for a stream's usage. */
  readonly tellsUsage: boolean;
  /** Sends another request in place of the one that was given back, over both legs. */
  readonly open: (body: JsonObject) => Promise<Told>;
}

const MOST = 3; // times that one request is taken up again. Source: proxy-protocols.md §3.13

/**
 * The answer of a decode that may give a request back when its memory is full (vllm-ascend's recompute scheduler), with what other engines have to
 * say after it: the client reads one answer. Source: proxy-protocols.md §C.1, §3.13, §2.6 C3.
 */
export function resumed(first: Told, resumption: Resumption): Answer {
  const { answer } = first;
  if (answer.status !== 200 || answer.headers["content-encoding"] !== undefined) return answer;
  const streams = isEventStream(answer.headers["content-type"]);
  return withBody(answer, streams ? stream(first, resumption) : whole(first, resumption));
}

const stream =
  (first: Told, resumption: Resumption): Reply["read"] =>
  async (next) => {
    const events = new ResumedEvents(new Identity((id) => id), resumption.tellsUsage);
    for (let [told, times] = [first, 1]; ; times++) {
      await readEvents(told, events, next);
      if (!events.givenBack) return;
      const { soFar, isMore } = events;
      const isUnread = soFar.text === "" && !isMore;
      const body = isUnread ? resumption.body : continued(soFar, isMore, resumption.body);
      told = await takeUp(told, body, times, resumption);
      events.nextLeg();
    }
  };

async function readEvents({ answer, broke }: Told, events: ResumedEvents, next: Parameters<Reply["read"]>[0]) {
  const frames = new Frames();
  const pass = (run: Buffer) => {
    const out = frames.raw ? [run] : [...framesOf(run)].flatMap((frame) => events.take(frame) ?? []);
    const [only] = out;
    return only && next(out.length === 1 ? only : Buffer.concat(out));
  };
  try {
    await answer.read(
      safely((chunk) => {
        const run = frames.take(chunk);
        return run && pass(run);
      }),
    );
  } catch (error) {
    throw broke(error);
  }
  const rest = frames.rest();
  if (rest.length > 0) await pass(rest);
}

/** An answer that is no stream has not been read by anybody: what cannot be continued begins anew. */
const whole =
  (first: Told, resumption: Resumption): Reply["read"] =>
  async (next) => {
    const answers = new ResumedAnswer(new Identity((id) => id));
    for (let [told, times] = [first, 1]; ; times++) {
      const bytes = await bytesOf(told);
      const done = taken(answers, bytes);
      if (done) {
        await next(done);
        return;
      }
      const longer = continued(answers.soFar, answers.isMore, resumption.body);
      if (!longer) answers.forget();
      told = await takeUp(told, longer ?? resumption.body, times, resumption);
    }
  };

function continued(soFar: SoFar, isMore: boolean, body: JsonObject): JsonObject | undefined {
  return isMore || soFar.text === "" ? undefined : resumeBody(body, soFar);
}

/** What is no JSON is the client's as it is. */
function taken(answers: ResumedAnswer, bytes: Buffer): Buffer | undefined {
  try {
    return answers.take(bytes);
  } catch (error) {
    if (error instanceof JsonError) return bytes;
    throw error;
  }
}

async function bytesOf({ answer, broke }: Told): Promise<Buffer> {
  try {
    return await answer.bytes();
  } catch (error) {
    throw broke(error);
  }
}

/** @param body none: the request cannot be gone on with */
async function takeUp(
  { answer: given }: Told,
  body: JsonObject | undefined,
  times: number,
  { open }: Resumption,
): Promise<Told> {
  const { url: target } = given.from.endpoint;
  if (!body) throw new ProxyError("decode.preempted", { target, why: "no engine can go on from what it had said" });
  if (times > MOST) throw new ProxyError("decode.preempted", { target, why: `for the ${times}th time` });
  const told = await open(body);
  const { status } = told.answer;
  if (status === 200) return told;
  told.answer.drop();
  throw new ProxyError("decode.preempted", { target, why: `to take it up again was answered with ${status}` });
}
