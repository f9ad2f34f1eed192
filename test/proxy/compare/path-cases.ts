import { openAsk } from "../client.ts";
import { type Bench, events } from "./bench.ts";
import { bad, type Case, fine, note } from "./cell.ts";

const SHORT = '{"model":"m","prompt":"one two","max_tokens":4}';

/** What may go to one engine must not be prefilled on another. */
const page = (method: string, path: string, body?: string): Case => ({
  what: `${method} ${path}`,
  async run(bench) {
    bench.play();
    const answer = await bench.ask({ method, path, ...(body !== undefined && { body }) });
    const [p, d] = [bench.at("prefill").length, bench.at("decode").length];
    const legs =
      p + d === 0 ? "" : `, asks ${[p > 0 ? "prefill" : "", d > 0 ? "decode" : ""].filter(Boolean).join(" and ")}`;
    const said = `${answer?.status ?? "no answer"}${legs}`;
    if (p > 0 && d > 0 && !SHARED.has(path)) return bad(`${said}: two legs where one is meant`);
    return answer === undefined ? bad(said) : note(said);
  },
});
const SHARED = new Set(["/v1/completions", "/v1/chat/completions", "/v1/responses"]);

export const pathCases: readonly Case[] = [
  page("GET", "/v1/models"),
  page("GET", "/health"),
  page("GET", "/metrics"),
  page("GET", "/version"),
  page("GET", "/v1/unknown"),
  page("POST", "/tokenize", SHORT),
  page("POST", "/v1/responses", '{"model":"m","input":"one"}'),
  page("POST", "/v1/embeddings", '{"model":"m","input":"one"}'),
  page("POST", "/v1/unknown", SHORT),
  page("POST", "/abort_requests", '{"request_ids":["a"]}'),
];

/** The last one: it ends the proxy. */
export const endCase = (stop: () => Promise<number | undefined>): Case => ({
  what: "SIGTERM with a stream that goes on for a second",
  async run(bench: Bench) {
    bench.play({
      decode: async (taken) => {
        events(taken, 2);
        await bench.until(() => asked, 5_000);
        await new Promise((resolve) => setTimeout(resolve, 1_000)); // the stream's own time
        taken.socket.end("0\r\n\r\n");
        return false;
      },
    });
    let asked = false;
    const open = openAsk({
      port: bench.port,
      body: SHORT.replace("{", '{"stream":true,'),
      headers: { "content-type": "application/json", ...bench.headers },
    });
    const res = await open.head;
    const ended = new Promise<boolean>((resolve) =>
      res.on("close", () => resolve(res.complete)).on("error", () => undefined),
    );
    res.resume();
    await bench.until(() => bench.at("decode").length > 0);
    const stopped = stop();
    asked = true;
    const whole = await ended;
    const ms = await stopped;
    if (ms === undefined) return bad(`${whole ? "the stream ends whole" : "the stream is cut"}, the process stays`);
    return whole
      ? fine("the stream ends whole, then the process")
      : bad(`the stream is cut off after ${Math.round(ms)} ms`);
  },
});
