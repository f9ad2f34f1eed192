import type { Answer } from "../client.ts";
import { headText } from "../wire/write.ts";
import { type Bench, DECODE_BODY, DECODE_EVENTS, events, json, type Play, PREFILL_BODY } from "./bench.ts";
import { bad, type Case, type Cell, fine, note } from "./cell.ts";

const SHORT = '{"model":"m","prompt":"one two","max_tokens":4}';
const STREAM = '{"model":"m","prompt":"one two","max_tokens":4,"stream":true}';
const ERROR = '{"error":{"message":"engine says no",  "code":1}}';

const legs = (bench: Bench) => `P ${bench.at("prefill").length}, D ${bench.at("decode").length}`;
const brief = (answer: Answer | undefined) =>
  answer === undefined ? "no answer" : `${answer.status}${answer.whole ? "" : ", cut off"}`;

/** Each play once, then the engine is well. */
const once = (play: Play, well: Play): Play => {
  let done = false;
  return (taken) => {
    if (done) return well(taken);
    done = true;
    return play(taken);
  };
};
const resets: Play = ({ socket }) => {
  socket.resetAndDestroy();
  return false;
};
const wellPrefill: Play = (taken) => json(taken, 200, PREFILL_BODY);
const wellDecode: Play = (taken) => json(taken, 200, DECODE_BODY);

interface Failing {
  readonly what: string;
  readonly body?: string;
  readonly prefill?: Play;
  readonly decode?: Play;
  /** Plays that begin anew with each proxy. */
  readonly fresh?: () => Partial<Record<"prefill" | "decode", Play>>;
  /** A completion that goes well comes before. */
  readonly warm?: true;
  readonly judge: (answer: Answer | undefined, bench: Bench) => Cell;
}

const failing = ({ what, body = SHORT, prefill, decode, fresh, warm, judge }: Failing): Case => ({
  what,
  async run(bench) {
    bench.play();
    if (warm) await bench.ask({ body });
    bench.play({ ...(prefill && { prefill }), ...(decode && { decode }), ...fresh?.() });
    return judge(await bench.ask({ body }), bench);
  },
});

/** The engine's status and words reach the client. */
const asSaid =
  (status: number) =>
  (answer: Answer | undefined, bench: Bench): Cell => {
    if (answer?.status === status && answer.text === ERROR && answer.whole)
      return fine(`${status}, the engine's words`);
    const alone = answer?.status === 200 && answer.text !== ERROR;
    return bad(`${brief(answer)}${alone ? `: hidden, ${legs(bench)}` : answer?.text === ERROR ? "" : ", other words"}`);
  };

/** An answer that the client cannot take for a good one. */
const told = (answer: Answer | undefined, bench: Bench): Cell => {
  if (answer === undefined) return bad("no answer");
  if (answer.status >= 500 && answer.whole) return fine(`${answer.status}`);
  return bad(`${brief(answer)}, ${legs(bench)}`);
};

/** One failure that another try makes good: 200 with the whole answer, or an error that says so. */
const madeGood = (answer: Answer | undefined, bench: Bench): Cell => {
  if (answer?.status === 200 && answer.text === DECODE_BODY)
    return bench.at("prefill").length === 0
      ? bad(`200, without prefill, ${legs(bench)}`)
      : fine("200 after another try");
  return bad(brief(answer));
};

const cutStream = (how: "fin" | "rst"): Failing => ({
  what: `decode ends in the middle of a stream (${how === "fin" ? "FIN" : "RST"})`,
  body: STREAM,
  decode: (taken) => {
    events(taken, 2);
    if (how === "fin") taken.socket.end();
    else setTimeout(() => taken.socket.resetAndDestroy(), 50);
    return false;
  },
  judge(answer) {
    if (answer === undefined) return bad("no answer");
    if (answer.whole) return bad("ends as if it were whole");
    const error = /data: \{"error"/.test(answer.text);
    const all = answer.text.startsWith(DECODE_EVENTS.slice(0, 2).join(""));
    if (!all) return bad("events are lost");
    return error ? fine("an error event, then cut off") : note("cut off, nothing said");
  },
});

const params =
  (text: string | undefined): Play =>
  (taken) =>
    json(taken, 200, `{"id":"p","choices":[{"text":"x"}]${text === undefined ? "" : `,"kv_transfer_params":${text}`}}`);

export const failureCases: readonly Case[] = [
  failing({ what: "prefill 500", prefill: (taken) => json(taken, 500, ERROR), judge: asSaid(500) }),
  failing({ what: "prefill 400", prefill: (taken) => json(taken, 400, ERROR), judge: asSaid(400) }),
  failing({
    what: "prefill 503, Retry-After: 7",
    prefill: (taken) => json(taken, 503, ERROR, [["retry-after", "7"]]),
    judge(answer, bench) {
      const cell = asSaid(503)(answer, bench);
      return cell.grade === "fine" && answer?.headers["retry-after"] !== "7" ? bad("503, Retry-After lost") : cell;
    },
  }),
  failing({ what: "prefill resets the connection, each time", prefill: resets, judge: told }),
  failing({
    what: "prefill resets the connection, once",
    fresh: () => ({ prefill: once(resets, wellPrefill) }),
    judge: madeGood,
  }),
  failing({ what: "prefill answers without kv_transfer_params", prefill: params(undefined), judge: silentPrefill }),
  failing({ what: "prefill answers with null for them", prefill: params("null"), judge: silentPrefill }),
  failing({ what: "prefill answers 200 and no JSON", prefill: (taken) => json(taken, 200, "oops"), judge: unread }),
  failing({ what: "decode 500, each time", decode: (taken) => json(taken, 500, ERROR), judge: asSaid(500) }),
  failing({ what: "decode 400", decode: (taken) => json(taken, 400, ERROR), judge: asSaid(400) }),
  failing({
    what: "decode 400, to a stream",
    body: STREAM,
    decode: (taken) => json(taken, 400, ERROR),
    judge: asSaid(400),
  }),
  failing({ what: "decode resets the connection, each time", decode: resets, judge: told }),
  failing({
    what: "decode resets the connection, once",
    fresh: () => ({ decode: once(resets, wellDecode) }),
    judge: madeGood,
  }),
  failing(cutStream("fin")),
  failing(cutStream("rst")),
  failing({
    what: "decode ends in the middle of an answer that is no stream",
    decode: ({ socket }) => {
      socket.end(
        Buffer.concat([
          headText("HTTP/1.1 200 OK", [
            ["content-type", "application/json"],
            ["content-length", String(Buffer.byteLength(DECODE_BODY))],
          ]),
          Buffer.from(DECODE_BODY.slice(0, 40)),
        ]),
      );
      return false;
    },
    judge(answer) {
      if (answer === undefined) return note("the connection ends without an answer");
      if (answer.whole && answer.status === 200) return bad("200, half an answer that looks whole");
      return answer.whole ? fine(`${answer.status}`) : note(`${brief(answer)}`);
    },
  }),
  failing({
    what: "an idle connection to prefill is closed as a request comes",
    warm: true,
    fresh: () => ({ prefill: idleClosed(wellPrefill) }),
    judge: madeGood,
  }),
  failing({
    what: "an idle connection to decode is closed as a request comes",
    warm: true,
    fresh: () => ({ decode: idleClosed(wellDecode) }),
    judge: madeGood,
  }),
  leaving("prefill works", SHORT, { prefill: hangs }, (bench) => bench.at("prefill").length > 0),
  leaving("decode has said nothing", STREAM, { decode: hangs }, (bench) => bench.at("decode").length > 0),
  leaving("decode streams", STREAM, { decode: startsAndHangs }, (bench) => bench.at("decode").length > 0),
];

function unread(answer: Answer | undefined, bench: Bench): Cell {
  return bench.carries ? told(answer, bench) : note("nobody reads it");
}

function silentPrefill(answer: Answer | undefined, bench: Bench): Cell {
  if (!bench.carries) return note("nothing is carried");
  if (answer?.status === 200) return bad(`200: decode is asked without KV, ${legs(bench)}`);
  return told(answer, bench);
}

function hangs(): Promise<boolean> {
  return new Promise(() => undefined); // until the proxy closes it
}

function startsAndHangs(taken: Parameters<Play>[0]): Promise<boolean> {
  events(taken, 2);
  return new Promise(() => undefined);
}

/** The first request on a connection that was used before ends it. A proxy that opens a new one each time is never met by this. */
function idleClosed(well: Play): Play {
  let done = false;
  return (taken) => {
    if (done || taken.nth === 1) return well(taken);
    done = true;
    taken.socket.destroy();
    return false;
  };
}

function leaving(
  stage: string,
  body: string,
  plays: Partial<Record<"prefill" | "decode", Play>>,
  when: (bench: Bench) => boolean,
): Case {
  return {
    what: `a client leaves while ${stage}: its engine is let go`,
    async run(bench) {
      bench.play(plays);
      const ms = await bench.leave(body, () => when(bench));
      return ms === undefined ? bad("never") : fine(ms < 200 ? "at once" : `after ${Math.round(ms / 1_000)} s`);
    },
  };
}
