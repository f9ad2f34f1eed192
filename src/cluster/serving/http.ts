import http from "node:http";
import { UserError } from "../../errors.ts";
import { sessionAgent } from "../../nodes/index.ts";
import type { Session } from "../../nodes/session.ts";

export interface Reply {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
  readonly ms: number;
}

export interface Ask {
  readonly method?: "GET" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
}

/** A server on a node did not answer, or not to the end; the connection to the node itself is well. */
export class Unanswered extends Error {
  override readonly name = "Unanswered";
  readonly url: string;
  constructor(url: string, cause: Error) {
    super(whyOf(cause), { cause });
    this.url = url;
  }
}

/** The session's refusal says more in its facts than in its code. */
const whyOf = (cause: Error) =>
  cause instanceof UserError && cause.code === "node.unreachable" && "why" in cause.facts
    ? cause.facts.why
    : cause.message;

/** One HTTP request as the node would make it: through its SSH connection. The data plane need not reach the launcher. */
export function ask(
  session: Session,
  url: string,
  { method = "GET", headers = {}, json }: Ask,
  signal: AbortSignal,
): Promise<Reply> {
  const body = json === undefined ? undefined : JSON.stringify(json);
  const started = performance.now();
  return new Promise((resolve, fail) => {
    const reject = (error: Error) => {
      const nodeItself = error instanceof UserError && error.code !== "node.unreachable";
      fail(signal.aborted || nodeItself ? error : new Unanswered(url, error));
    };
    const request = http.request(
      url,
      {
        method,
        agent: agentOf(session),
        signal,
        headers: {
          ...headers,
          ...(body !== undefined && { "content-type": "application/json", "content-length": Buffer.byteLength(body) }),
        },
      },
      (response) => {
        const parts: Buffer[] = [];
        response.on("data", (part: Buffer) => parts.push(part));
        response.on("error", reject);
        response.on("aborted", () => reject(new Error("the answer was cut off")));
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: Buffer.concat(parts).toString("utf8"),
            ms: performance.now() - started,
          }),
        );
      },
    );
    request.on("error", reject);
    request.end(body);
  });
}

const agents = new WeakMap<Session, http.Agent>();

function agentOf(session: Session): http.Agent {
  const known = agents.get(session) ?? sessionAgent(session);
  agents.set(session, known);
  return known;
}
