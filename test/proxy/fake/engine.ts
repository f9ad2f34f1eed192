import { EventEmitter, once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Target } from "../../../src/proxy/config.ts";
import { type Arrival, crossChecks, decodeChecks, ID, prefillChecks } from "./checks.ts";
import type { FakeCluster } from "./cluster.ts";
import { generate } from "./decode.ts";
import type { Chunking, Fault } from "./faults.ts";
import { meant } from "./meant.ts";
import { promptKey } from "./model.ts";
import { answerPrefill } from "./prefill.ts";
import { rawMembers, rawOf } from "./raw-json.ts";

const LIMIT_MS = 10_000; // for an event that a test waits for; in a sound run it comes within milliseconds

interface Events {
  arrival: [Arrival];
  /** The proxy closed the connection before the answer was whole. */
  aborted: [Arrival];
}

/** One strict engine: real sockets, every check of proxy-protocols.md §2 on every request, faults on request. */
export class FakeEngine {
  readonly role: "prefill" | "decode";
  readonly dpSize: number;
  readonly apiKey: string | undefined;
  readonly cluster: FakeCluster;
  readonly events = new EventEmitter<Events>();
  /** Slots that were asked for, in order of arrival; and the ids. */
  readonly ranks: number[] = [];
  readonly ids: string[] = [];
  /** What decode wrote as its answers, whole or up to where a fault began. */
  readonly answers: string[] = [];
  /** Taken one by one by the completions that come. */
  readonly faults: Fault[] = [];
  /** Most requests that were there at once. */
  mostLive = 0;
  chunking: Chunking = "each";
  /** What it says of cached tokens; nothing, as an engine does that was not started to. */
  cachedTokens: number | undefined;
  /** What /health answers; never, when it hangs. */
  health: number | "hangs" = 200;
  /** What /v1/models names. */
  model = "m";
  /** Requests to what every engine is told, /reset_prefix_cache and the profile, and what they are answered. */
  readonly resets: IncomingMessage[] = [];
  resetStatus = 200;
  resetBody = '{"success":true}';
  url = "";
  /** What its ranks are called: otherwise after every start. */
  engineIds: readonly string[] = [];
  /** Of a Mooncake prefill: its bootstrap server, and what that answers instead of what its ranks are called. */
  bootstrapUrl = "";
  bootstrapSays: string | undefined;
  /** When decode makes its call to the proxy, where it is to wait. */
  callsAfter: Promise<unknown> | undefined;
  /** Status of each call that decode made to the proxy. */
  readonly calls: (number | "lost")[] = [];
  #bootstrap: Server | undefined;
  #starts = 0;
  readonly #live = new Set<string>();
  #server: Server | undefined;

  constructor(
    cluster: FakeCluster,
    role: "prefill" | "decode",
    { dpSize = 1, apiKey }: { dpSize?: number; apiKey?: string },
  ) {
    this.cluster = cluster;
    this.role = role;
    this.dpSize = dpSize;
    this.apiKey = apiKey;
  }

  /** What a proxy is told of it. */
  get told(): Partial<Target> {
    return this.cluster.speech.target?.(this) ?? {};
  }

  /** Listens: on a free port the first time, on the same one later. */
  async start(): Promise<void> {
    const server = createServer((req, res) => void this.#route(req, res));
    server.listen(this.url ? Number(new URL(this.url).port) : 0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (typeof address === "object" && address !== null) this.url = `http://127.0.0.1:${address.port}`;
    this.#server = server;
    this.#starts++;
    const { port } = new URL(this.url);
    this.engineIds = Array.from({ length: this.dpSize }, (_, rank) => `engine-${port}-${this.#starts}_dp${rank}`);
    if (this.cluster.dialect === "mooncake" && this.role === "prefill") await this.#startBootstrap();
  }

  /** Source: vLLM 0.32, mooncake_utils.py. */
  async #startBootstrap(): Promise<void> {
    const entry = (engine_id: string, rank: number) => [
      rank,
      { engine_id, worker_addr: { 0: { 0: "tcp://10.9.8.7:1" } } },
    ];
    const server = createServer((req, res) => {
      const known = JSON.stringify(Object.fromEntries(this.engineIds.map(entry)));
      const head = { "content-type": "application/json" };
      if (req.url === "/query") res.writeHead(200, head).end(this.bootstrapSays ?? known);
      else res.writeHead(404, head).end('{"detail":"Not Found"}');
    });
    server.listen(this.bootstrapUrl ? Number(new URL(this.bootstrapUrl).port) : 0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (typeof address === "object" && address !== null) this.bootstrapUrl = `http://127.0.0.1:${address.port}`;
    this.#bootstrap = server;
  }

  /** Refuses connections and drops those that are there, as a killed engine does. */
  async stop(): Promise<void> {
    if (!this.#server) return;
    this.#bootstrap?.close();
    this.#bootstrap?.closeAllConnections();
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    this.#server = undefined;
    await closed;
  }

  async next(event: keyof Events): Promise<Arrival> {
    const [arrival] = await once(this.events, event, { signal: AbortSignal.timeout(LIMIT_MS) });
    return arrival;
  }

  async #route(req: IncomingMessage, res: ServerResponse): Promise<void> {
    if (req.method === "OPTIONS")
      res.writeHead(200, { "access-control-allow-origin": String(req.headers.origin), vary: "Origin" }).end("OK");
    else if (req.url === "/health") {
      if (this.health !== "hangs") res.writeHead(this.health).end();
    } else if (req.url === "/v1/models") this.#models(req, res);
    else if (/^\/(reset_prefix_cache|start_profile|stop_profile)/.test(req.url ?? "")) {
      this.resets.push(req);
      res.writeHead(this.resetStatus).end(this.resetBody);
    } else if (req.url === "/version")
      res.writeHead(200, { "content-type": "application/json" }).end('{"version":"0.32.0"}');
    else await this.#completion(req, res);
  }

  #models({ headers }: IncomingMessage, res: ServerResponse): void {
    const isLetIn = this.apiKey === undefined || headers.authorization === `Bearer ${this.apiKey}`;
    const body = isLetIn ? `{"data":[{"id":${JSON.stringify(this.model)}}]}` : '{"error":"Unauthorized"}';
    res.writeHead(isLetIn ? 200 : 401, { "content-type": "application/json" }).end(body);
  }

  async #completion(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const wasUsed = usesOf(req) > 1;
    if (this.faults[0]?.kind === "idle-closed" && wasUsed) {
      this.faults.shift();
      req.socket.destroy();
      return;
    }
    const raw = await read(req);
    const id = String(req.headers["x-request-id"]);
    const sent = this.cluster.sentAs(id);
    if (!sent) {
      this.#violate(ID.test(id) ? "X3" : "X1", "an id that no client's id is the base of", id);
      res.writeHead(500).end();
      return;
    }
    const arrival: Arrival = { engine: this, cluster: this.cluster, req, raw, members: rawMembers(raw), id, sent };
    res.on("close", () => {
      this.#live.delete(id);
      if (!res.writableFinished) this.events.emit("aborted", arrival);
    });
    const refusal = this.#admit(arrival);
    this.events.emit("arrival", arrival);
    if (refusal) res.writeHead(refusal.status, { "content-type": "application/json" }).end(refusal.body);
    else await this.#answer(arrival, res, this.#fault(arrival));
  }

  async #answer(arrival: Arrival, res: ServerResponse, fault: Fault | undefined): Promise<void> {
    const answer = this.role === "prefill" ? answerPrefill : generate;
    if (fault?.kind !== "wire") return answer(arrival, res, fault);
    const whole = await meant(arrival.req, (aside) => answer(arrival, aside, undefined));
    await fault.play(arrival.req.socket, whole);
  }

  /** The next of this engine's own, or the one that the request itself asks for. */
  #fault({ members, id }: Arrival): Fault | undefined {
    const asked = rawOf(members, `x_fault_${this.role}`);
    const fault = asked === undefined ? undefined : JSON.parse(asked);
    return this.faults.shift() ?? (fault?.first && /-r\d+$/.test(id) ? undefined : fault); // `first`: not of a second try
  }

  /** Runs the checks; a strict engine answers 500 with what was wrong. */
  #admit(arrival: Arrival): { status: number; body: string } | undefined {
    const { id, req, members } = arrival;
    if (this.apiKey !== undefined && req.headers.authorization !== `Bearer ${this.apiKey}`)
      return { status: 401, body: '{"error":{"message":"Unauthorized"}}' };
    if (rawOf(members, "model") === '"unknown"')
      return { status: 404, body: '{"error":{"message":"no such model",  "code":404}}' };
    if (this.#live.has(id)) this.#violate("X2", "already running", id);
    this.#live.add(id);
    this.mostLive = Math.max(this.mostLive, this.#live.size);
    this.ids.push(this.cluster.named(id));
    this.ranks.push(Number(req.headers["x-data-parallel-rank"] ?? 0));
    const checks = this.role === "prefill" ? prefillChecks : decodeChecks;
    const found = [...checks(arrival), ...crossChecks(arrival)];
    for (const [check, detail] of found) this.#violate(check, detail, id);
    return found.length > 0
      ? { status: 500, body: JSON.stringify({ error: { message: JSON.stringify(found) } }) }
      : undefined;
  }

  #violate(id: string, detail: string, request: string): void {
    this.cluster.violations.push({ id, detail, request });
  }
}

export const keyOf = ({ req, members }: Arrival) => promptKey(req.url ?? "", members);

/** How many requests have come over the connection of this one, itself included. */
function usesOf({ socket }: IncomingMessage): number {
  const uses = (usage.get(socket) ?? 0) + 1;
  usage.set(socket, uses);
  return uses;
}
const usage = new WeakMap<object, number>();

async function read(req: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
