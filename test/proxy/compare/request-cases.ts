import { namesEngine } from "../fake/checks.ts";
import { type RawMember, rawMembers, rawOf } from "../fake/raw-json.ts";
import { type Bench, DECODE_BODY, DECODE_EVENTS, type Role, TICKET } from "./bench.ts";
import { bad, type Case, type Cell, fine, note } from "./cell.ts";

/** Everything that a re-encoding, a typed struct or a float would change. */
const BODY =
  '{"model":"m","messages":[{"role":"user","content":"<b>&ü😀","x":1}],"stream":true,"stream_options":{"include_usage":true},"max_tokens":50,"max_completion_tokens":60,"min_tokens":5,"logprobs":true,"top_logprobs":3,"temperature":0.10,"seed":9007199254740993,"tools":[{"type":"function","function":{"name":"f","parameters":{}}}],"tool_choice":"auto","response_format":{"type":"text"},"stop":["x"],"logit_bias":{"5":-100},"vendor_unknown":{"deep":[1,2.0,null]},"chat_template_kwargs":{"a":1},"priority":1,"user":"u"}';
const CHAT = "/v1/chat/completions";
const SHORT = '{"model":"m","prompt":"one two","max_tokens":4}';
const STREAM = '{"model":"m","prompt":"one two","max_tokens":4,"stream":true}';

const membersAt = (bench: Bench, role: Role): readonly RawMember[] => {
  const raw = bench.at(role)[0]?.body.bytes.toString() ?? "";
  return raw.startsWith("{") ? rawMembers(raw) : [];
};
const given = rawMembers(BODY);
const clip = (text: string | undefined) =>
  text === undefined ? "absent" : text.length > 60 ? `${text.slice(0, 57)}…` : text;

/** Sends the long body once for each row: what the engines got is looked at from one side each. */
const sent = (what: string, look: (bench: Bench) => Cell): Case => ({
  what,
  async run(bench) {
    bench.play();
    await bench.ask({ path: CHAT, body: BODY, headers: HEADERS });
    return bench.at("prefill").length + bench.at("decode").length === 0 ? bad("no engine was asked") : look(bench);
  },
});
const HEADERS = {
  authorization: "Bearer secret-1",
  "x-request-id": "mine-1",
  "x-custom": "c",
  traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
};

/** The text of a member that both legs should carry as the client wrote it. */
const spelled =
  (key: string, prefillToo = true) =>
  (bench: Bench): Cell => {
    const roles = prefillToo ? (["prefill", "decode"] as const) : (["decode"] as const);
    const wrong = roles.filter((role) => rawOf(membersAt(bench, role), key) !== rawOf(given, key));
    return wrong.length === 0
      ? fine("as written")
      : bad(wrong.map((role) => `${role}: ${clip(rawOf(membersAt(bench, role), key))}`).join("; "));
  };

export const requestCases: readonly Case[] = [
  sent("kv_transfer_params of prefill, at decode", (bench) => {
    const got = rawOf(membersAt(bench, "decode"), "kv_transfer_params");
    if (got === TICKET) return fine("byte for byte");
    if (!bench.carries) return note("nothing is carried");
    if (got === undefined) return bad("not carried");
    const exact = got.includes("9007199254740993");
    return bad(exact ? "re-encoded, numbers right" : "re-encoded, 9007199254740993 is another number");
  }),
  sent("seed 9007199254740993", spelled("seed")),
  sent("temperature 0.10", spelled("temperature")),
  sent('logit_bias {"5":-100}', spelled("logit_bias")),
  sent("members of a vendor, tools, response_format", (bench) => {
    const keys = [
      "vendor_unknown",
      "tools",
      "tool_choice",
      "response_format",
      "chat_template_kwargs",
      "priority",
      "user",
      "messages",
    ];
    const wrong = keys.filter((key) => rawOf(membersAt(bench, "decode"), key) !== rawOf(given, key));
    return wrong.length === 0 ? fine("as written") : bad(`not as written: ${wrong.join(", ")}`);
  }),
  sent("members that decode gets beyond the client's", (bench) => {
    const known = new Set([...given.map(({ key }) => key), "kv_transfer_params"]);
    const added = membersAt(bench, "decode").filter(({ key }) => !known.has(key));
    return added.length === 0 ? fine("none") : bad(added.map(({ key, text }) => `${key}:${text}`).join(", "));
  }),
  sent("members of the client's that decode does not get", (bench) => {
    const got = new Set(membersAt(bench, "decode").map(({ key }) => key));
    const lost = given.filter(({ key }) => !got.has(key));
    return lost.length === 0 ? fine("none") : bad(lost.map(({ key }) => key).join(", "));
  }),
  sent("prefill: stream_options with stream false", (bench) =>
    rawOf(membersAt(bench, "prefill"), "stream_options") === undefined
      ? fine("taken out")
      : bad("left in: vLLM answers 400"),
  ),
  sent("prefill: min_tokens 5 with one token to make", (bench) => {
    const got = rawOf(membersAt(bench, "prefill"), "min_tokens");
    return Number(got ?? 0) <= 1
      ? fine(got === undefined ? "taken out" : `set to ${got}`)
      : bad(`${got}: vLLM answers 400`);
  }),
  sent("prefill: max_tokens, max_completion_tokens", (bench) => {
    const [tokens, completion] = ["max_tokens", "max_completion_tokens"].map((key) =>
      rawOf(membersAt(bench, "prefill"), key),
    );
    return tokens === "1" && (completion ?? "1") === "1" ? fine("1") : bad(`${tokens}, ${completion}`);
  }),
  sent("Authorization at prefill and decode", (bench) => {
    const got = (["prefill", "decode"] as const).map((role) => bench.at(role)[0]?.get("authorization") ?? "");
    return got.every((value) => value === HEADERS.authorization)
      ? fine("the client's")
      : bad(got.map((value) => JSON.stringify(value)).join(", "));
  }),
  sent("X-Request-Id at prefill and decode", (bench) => {
    const ids = (["prefill", "decode"] as const).map(
      (role) => bench.at(role)[0]?.all("x-request-id").join(" + ") ?? "",
    );
    const [p = "", d = ""] = ids;
    const words = ids.map((id) =>
      id === ""
        ? "none"
        : namesEngine(id, String(bench.engines.decode.url))
          ? "holds the engines' addresses"
          : id.includes("mine-1")
            ? "the client's"
            : "a new one",
    );
    if (p !== d) return bad(`differs: ${words.join("; ")}`);
    if (bench.at("prefill")[0]?.all("x-request-id").length !== 1)
      return bad(bench.at("prefill")[0]?.all("x-request-id").length === 0 ? "none" : "two of them");
    return p === "mine-1" ? fine("the client's") : bad(words[0] ?? "");
  }),
  sent("X-Custom and traceparent", (bench) => {
    const lost = ["x-custom", "traceparent"].filter((name) => bench.at("decode")[0]?.get(name) === "");
    return lost.length === 0 ? fine("both passed") : bad(`lost: ${lost.join(", ")}`);
  }),
  {
    what: "decode's own headers and type, of a stream",
    async run(bench) {
      bench.play();
      const answer = await bench.ask({ body: STREAM });
      const type = answer?.headers["content-type"] ?? "none";
      const own = answer?.headers["x-back"] === "yes";
      return own && type.startsWith("text/event-stream")
        ? fine("passed")
        : bad(`${own ? "" : "headers lost, "}${type}`);
    },
  },
  {
    what: "bytes of a stream",
    async run(bench) {
      bench.play();
      const answer = await bench.ask({ body: STREAM });
      return answer?.text === DECODE_EVENTS.join("") ? fine("the same") : bad(answer ? "changed" : "no answer");
    },
  },
  {
    what: "bytes of an answer that is no stream",
    async run(bench) {
      bench.play();
      const answer = await bench.ask({ body: SHORT });
      return answer?.text === DECODE_BODY
        ? fine("the same")
        : bad(answer ? `changed: ${clip(answer.text)}` : "no answer");
    },
  },
  {
    what: "kv_transfer_params that a client sends",
    async run(bench) {
      bench.play();
      await bench.ask({ body: SHORT.replace("{", '{"kv_transfer_params":{"remote_host":"evil"},') });
      const got = [...bench.at("prefill"), ...bench.at("decode")]
        .map(({ body }) => body.bytes.toString("latin1"))
        .join();
      return got === "" ? note("refused") : got.includes("evil") ? bad("reach an engine") : fine("do not get through");
    },
  },
  {
    what: "query string ?a=b%20c",
    async run(bench) {
      bench.play();
      await bench.ask({ body: SHORT, path: "/v1/completions?a=b%20c" });
      const paths = bench.arrived.map(({ path }) => path);
      if (paths.length === 0) return bad("no engine was asked");
      return paths.every((path) => path.endsWith("?a=b%20c")) ? fine("kept") : bad("lost");
    },
  },
  {
    what: "the same key twice",
    async run(bench) {
      bench.play();
      const answer = await bench.ask({ body: '{"model":"m","prompt":"a","max_tokens":9,"max_tokens":3}' });
      const at = bench.at("decode")[0]?.body.bytes.toString() ?? "";
      const count = at.split('"max_tokens"').length - 1;
      if (answer?.status !== 200) return bad(`${answer?.status ?? "no answer"}`);
      return count === 2 ? fine("both at decode, as written") : bad("decode gets the last alone");
    },
  },
  {
    what: "no Content-Type",
    async run(bench) {
      bench.play();
      const answer = await bench.ask({ body: SHORT, headers: { "content-type": "" } });
      return answer?.status === 200 ? fine("taken") : bad(`${answer?.status ?? "no answer"}`);
    },
  },
  {
    what: "a body that is no JSON",
    async run(bench) {
      bench.play();
      const answer = await bench.ask({ body: '{"model":' });
      if (bench.arrived.length > 0) return bad(`sent to an engine, ${answer?.status}`);
      return answer?.status === 400 ? fine("400") : bad(`${answer?.status ?? "no answer"}`);
    },
  },
  {
    what: "a body in chunks",
    async run(bench) {
      bench.play();
      const answer = await bench.ask({ body: SHORT, headers: { "transfer-encoding": "chunked" } });
      return answer?.status === 200 && bench.at("decode").length === 1
        ? fine("taken")
        : bad(`${answer?.status ?? "no answer"}`);
    },
  },
  {
    what: "a prompt of 8 MB",
    async run(bench) {
      bench.play();
      const prompt = "word ".repeat(1_600_000);
      const answer = await bench.ask({ body: `{"model":"m","prompt":"${prompt}","max_tokens":4}` });
      const whole = bench.at("decode")[0]?.body.bytes.includes(prompt) === true;
      return answer?.status === 200 && whole ? fine("whole") : bad(`${answer?.status ?? "no answer"}`);
    },
  },
];
