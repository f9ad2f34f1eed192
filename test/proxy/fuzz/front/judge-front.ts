import type { Taken } from "../../wire/raw-engine.ts";
import { answersIn, type ByNode, type ReadRequest } from "./by-node.ts";
import type { FrontCase } from "./front-case.ts";

/** What came to an engine. */
export interface Reached {
  readonly role: "prefill" | "decode";
  readonly prompt: string;
  readonly taken: Taken;
}

/** What a client got on one connection. */
export interface Conversation {
  readonly text: string;
  /** The connection ended with a reset: what was under way may be lost. */
  readonly isReset: boolean;
}

/** The proxy beside node:http: it serves what node:http reads, and nothing else. */
export function* judgeFront(
  it: FrontCase,
  node: ByNode,
  seen: Conversation,
  reached: readonly Reached[],
): Generator<string> {
  const mayServe = node.isRace || it.leaves !== undefined ? () => true : isCompletion;
  const byPrompt = new Map(node.requests.filter(mayServe).map((request) => [promptOf(request), request]));
  for (const { role, prompt, taken } of reached) {
    const request = byPrompt.get(prompt);
    if (!request) yield `${prompt} reached ${role}, where node:http reads ${[...byPrompt.keys()]}`;
    else yield* judgeTaken(request, taken);
  }
  for (const role of ["prefill", "decode"] as const) {
    const prompts = reached.filter((each) => each.role === role).map(({ prompt }) => prompt);
    if (new Set(prompts).size < prompts.length) yield `${role} got one request twice: ${prompts}`;
  }
  yield* judgeLengths(seen.text);
  if (it.leaves !== undefined || node.isRace) return;
  const [wanted, got] = [answersIn(node.text), answersIn(seen.text)];
  const lost = seen.isReset && `${wanted.slice(0, got.length)}` === `${got}`;
  if (`${wanted.map(anyRefusal)}` !== `${got.map(anyRefusal)}` && !lost)
    yield `answers ${got.join(" | ")}, by node:http ${wanted.join(" | ")}`;
  const served = node.requests.filter(
    (request) => isCompletion(request) || (request.status === 200 && isHealth(request)),
  );
  const answered = served.slice(0, got.filter((each) => each.startsWith("200 ")).length).filter(isCompletion);
  for (const request of answered)
    for (const role of ["prefill", "decode"])
      if (!reached.some((each) => each.role === role && each.prompt === promptOf(request)))
        yield `${promptOf(request)} did not reach ${role}`;
}

/** A head that is both too long and broken is refused for what node:http meets first, which hangs on how much of it a read brought. */
const anyRefusal = (answer: string) => answer.replace(/^431 close$/, "400 close");

const isHealth = ({ url }: ReadRequest) => url.split("?")[0] === "/health";
const isCompletion = (request: ReadRequest) => request.status === 200 && request.isWhole && !isHealth(request);

const promptOf = ({ body }: ReadRequest): string => /"prompt":"([^"]*)"/.exec(body.toString("latin1"))?.[1] ?? "";

/** Of one hop, set by the proxy itself, or routing that no client has a say in. Source: RFC 9110 §7.6.1, docs/proxy.md. */
const STAYS_HERE = [
  ...["connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "proxy-connection"],
  ...["proxy-authenticate", "proxy-authorization", "expect", "cookie"],
];
const SET_BY_PROXY = ["host", "content-length", "content-type", "x-request-id", "accept-encoding"];

function* judgeTaken({ url, headers }: ReadRequest, taken: Taken): Generator<string> {
  if (taken.path !== url) yield `path ${taken.path} instead of ${url}`;
  if (taken.method !== "POST") yield `method ${taken.method}`;
  if (taken.body.framing !== "length") yield `framing ${taken.body.framing}`;
  for (const name of ["host", "content-length", "content-type", "x-request-id"])
    if (taken.all(name).length !== 1) yield `${name}: ${taken.all(name)}`;
  const named = (headers.connection ?? "").toLowerCase().split(/\s*,\s*/);
  const isOurs = (name: string) => [...STAYS_HERE, ...SET_BY_PROXY, ...named].includes(name);
  const wanted = Object.entries(headers)
    .filter(([name]) => !isOurs(name))
    .map(([name, value]) => [name, `${value}`.trim()] as const);
  const got = taken.headers.filter(
    ([name]) => !SET_BY_PROXY.includes(name.toLowerCase()) && name.toLowerCase() !== "connection",
  );
  const [sent, arrived] = [wanted, got].map((fields) =>
    fields
      .map(([name, value]) => `${name.toLowerCase()}: ${value}`)
      .sort()
      .join("\n"),
  );
  if (sent !== arrived) yield `headers ${JSON.stringify(arrived)} instead of ${JSON.stringify(sent)}`;
}

/** Between two heads there is as much as the first one says. */
function* judgeLengths(text: string): Generator<string> {
  for (const [, head = "", body = ""] of text.matchAll(
    /(HTTP\/1\.1 \d{3} [\s\S]*?\r\n\r\n)([\s\S]*?)(?=HTTP\/1\.1 \d{3} |$)/g,
  )) {
    const length = /^content-length: (\d+)\r$/im.exec(head)?.[1];
    if (length !== undefined && body.length > 0 && body.length !== Number(length))
      yield `an answer of ${body.length} bytes says ${length}: ${JSON.stringify(head)}`;
  }
}
