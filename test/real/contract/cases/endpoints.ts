import type { Pair, Section } from "../case.ts";
import { familiesOf } from "../metrics.ts";
import { HELLO, request } from "./requests.ts";

export const endpoints: Section<Pair> = {
  name: "endpoints",
  title: "Endpoints beside completions",
  cases: [
    request("GET /health", "GET", "/health"),
    request("HEAD /health", "HEAD", "/health"),
    request("POST /health", "POST", "/health", {}),
    request("GET /ping", "GET", "/ping"),
    request("POST /ping", "POST", "/ping", {}),
    request("GET /version", "GET", "/version"),
    request("GET /v1/models", "GET", "/v1/models"),
    request("GET /load", "GET", "/load"),
    request("an unknown path", "GET", "/v1/nothing"),
    request("GET where POST is meant", "GET", "/v1/completions"),
    request("POST /tokenize of a text", "POST", "/tokenize", { model: "tiny", prompt: "hello" }),
    request(
      "POST /tokenize of a chat",
      "POST",
      "/tokenize",
      { model: "tiny", messages: HELLO, add_special_tokens: false },
      {
        differs: ["body.count", "body.tokens"].map((at) => ({
          at,
          why: "in the stand-in a word is a token, and its template is shorter",
        })),
      },
    ),
    request("POST /tokenize for another model", "POST", "/tokenize", { model: "other", prompt: "hello" }),
    request("POST /detokenize", "POST", "/detokenize", { model: "tiny", tokens: [20, 30] }),
    {
      name: "GET /metrics: names, types, labels, buckets",
      act: async ({ d }) => {
        const { status, headers, text } = await d.ask("GET", "/metrics");
        return { status, type: headers.get("content-type"), families: familiesOf(text) };
      },
      differs: [
        ...["python", "process", "http"].map((at) => ({
          at: `families.${at}`,
          why: "metrics of Python and of the web server are not played",
        })),
        { at: "families.vllm:cache_config_info", why: "the stand-in's cache has another size" },
      ],
    },
  ],
};
