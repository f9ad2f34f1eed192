import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Aborted, type Ask, DEAD, type End, EngineDied, type Rank, RequestFailed } from "../engine/ask.ts";
import { isObject, parseJson } from "../json.ts";
import { type Choice, wholeAnswer } from "./answer.ts";
import type { Balancer } from "./balancer.ts";
import { EventStream, type Piece } from "./event-stream.ts";
import { errorBody, HttpError, readBody, requireJson, sendJson, serverError } from "./reply.ts";
import { type Completion, readCompletion } from "./request.ts";
import type { Front } from "./server.ts";

/** One POST to /v1/completions or /v1/chat/completions, from its bytes to its last byte. */
export async function complete(req: IncomingMessage, res: ServerResponse, chat: boolean, front: Front): Promise<void> {
  const { config, faults } = front;
  requireJson(req);
  const request = accepted(await readBody(req), chat, front);
  const rank = chooseRank(req, front.balancer);
  if (faults.failStatus > 0) throw new HttpError(faults.failStatus, "Internal server error", "InternalServerError");
  const given = req.headers["x-request-id"];
  const requestId = typeof given === "string" && given !== "" ? given : randomBytes(8).toString("hex");
  const head = {
    id: `${chat ? "chatcmpl" : "cmpl"}-${requestId}`,
    created: Math.floor(Date.now() / 1000),
    model: request.model,
  };
  const headers: Record<string, string> = config.requestIdHeaders ? { "x-request-id": requestId } : {};
  const choices = choicesOf(request);
  const gone = new AbortController();
  res.once("close", () => gone.abort());
  const stream = new EventStream(res, head, request, config);
  try {
    await all(
      choices.map((choice) => run(choice, askOf(choice, head.id, request), rank ?? front.balancer.pick(), gone.signal)),
      gone,
    );
    if (request.stream) {
      await stream.begin(choices, headers);
      await stream.end(choices);
    } else sendJson(res, 200, wholeAnswer(head, request, choices, config), headers);
  } catch (error) {
    if (error instanceof Aborted && res.destroyed) return;
    const shown = shownError(error);
    if (!request.stream) throw shown;
    await stream.fail(errorBody(shown), headers); // also before the first word: the status has been 200 from the start
  }

  async function run(choice: Choice, ask: Ask, on: Rank, signal: AbortSignal): Promise<void> {
    let held: Piece | undefined;
    for await (const step of on.generate(ask, signal)) {
      if (step.kind === "token") {
        const word = { word: step.word, offset: choice.text.length };
        choice.words.push(word);
        choice.text += step.text;
        if (faults.cutAfterTokens >= 0 && choice.words.length > faults.cutAfterTokens) res.destroy();
        held = { text: step.text, word };
      } else finish(choice, step);
      if (step.kind === "end" && step.reason === "abort")
        held = { text: "", word: { word: "", offset: choice.text.length } };
      if (!request.stream || held === undefined || (step.kind === "token" && step.last)) continue;
      await stream.begin(choices, headers);
      await stream.piece(choice, held, choices);
    }
  }
}

function finish(choice: Choice, { reason, stopReason, cachedTokens, kvParams }: End): void {
  choice.reason = reason;
  choice.stopReason = stopReason;
  choice.cachedTokens = cachedTokens;
  choice.kvParams = kvParams;
}

function accepted(body: string, chat: boolean, { config, balancer }: Front): Completion {
  try {
    return readCompletion(body, chat, config);
  } catch (error) {
    const given = parseJson(body)?.value;
    if (isObject(given) && isObject(given.kv_transfer_params)) balancer.ranks[0]?.decline(given.kv_transfer_params);
    throw error;
  }
}

/** The first failure counts; the others are told to stop and waited for. */
async function all(runs: readonly Promise<void>[], gone: AbortController): Promise<void> {
  const failures: unknown[] = [];
  await Promise.all(
    runs.map((run) =>
      run.catch((error: unknown) => {
        failures.push(error);
        gone.abort();
      }),
    ),
  );
  if (failures.length > 0) throw failures[0];
}

function shownError(error: unknown): HttpError {
  if (error instanceof EngineDied) return new HttpError(500, DEAD, "InternalServerError");
  return error instanceof RequestFailed || error instanceof Aborted ? serverError() : raise(error);
}

function raise(error: unknown): never {
  throw error;
}

const choicesOf = (request: Completion): Choice[] =>
  request.prompts
    .flatMap((prompt) => Array.from({ length: request.copies }, () => prompt))
    .map((prompt, index) => ({
      index,
      prompt,
      text: "",
      words: [],
      reason: null,
      stopReason: null,
      cachedTokens: 0,
      kvParams: undefined,
    }));

function askOf({ prompt, index }: Choice, id: string, request: Completion): Ask {
  const which = Math.floor(index / request.copies);
  const suffix = randomBytes(4).toString("hex");
  return {
    id: request.chat ? `${id}-${suffix}` : `${id}-${which}-${suffix}`,
    prompt,
    maxTokens: request.maxTokens[which] ?? 1,
    minTokens: request.minTokens,
    ignoreEos: request.ignoreEos,
    stop: request.stop,
    keepStop: request.keepStop,
    stopTokens: request.stopTokens,
    salt: request.salt,
    kvParams: request.kvParams,
  };
}

/** X-data-parallel-rank counts the ranks of this endpoint from 0; what is no integer is ignored. Source: launch.md §1.3. */
function chooseRank(req: IncomingMessage, balancer: Balancer): Rank | undefined {
  const header = req.headers["x-data-parallel-rank"];
  if (typeof header !== "string" || !/^\s*[+-]?\d+\s*$/.test(header)) return undefined;
  const chosen = balancer.ranks[Number(header)];
  if (chosen === undefined) {
    throw new HttpError(
      400,
      `data_parallel_rank ${Number(header)} is out of range [0, ${balancer.ranks.length}).`,
      "BadRequestError",
    );
  }
  return chosen;
}
