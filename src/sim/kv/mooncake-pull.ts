import type { Ask } from "../engine/ask.ts";
import { TOKEN_BYTES } from "../engine/kv-content.ts";
import { isObject, type JsonObject } from "../json.ts";
import { LoadFailed, type RankContext } from "./connector.ts";
import { Peer, PeerLost, PeerSilent } from "./peer.ts";
import { joinShares } from "./serve.ts";
import { forever, untilAbort } from "./wait.ts";

const TRANSFER_MS = 60_000;

interface Worker {
  readonly host: string;
  readonly port: number;
}

/** The decode side of vllm-ascend's Mooncake: a share of the KV from every worker of the prefill rank. Source: proxy-protocols.md §C.2. */
export class MooncakePull {
  private readonly context: RankContext;
  private readonly engineId: string;
  private readonly mask: (kv: Buffer) => Buffer;
  private readonly peers = new Map<string, Promise<Peer>>();

  constructor(context: RankContext, engineId: string, mask: (kv: Buffer) => Buffer) {
    this.context = context;
    this.engineId = engineId;
    this.mask = mask;
  }

  async load(params: JsonObject, ask: Ask, computed: number, signal: AbortSignal): Promise<Buffer> {
    const blocks = firstGroup(params.remote_block_ids);
    const size = Number(params.remote_block_size ?? this.context.pool.blockSize);
    const needed = Math.ceil(ask.prompt.length / size);
    if (blocks.length < needed) {
      this.context.die([
        "Traceback (most recent call last):",
        "AssertionError: remote_block_ids do not hold the prompt",
      ]);
      return forever(signal);
    }
    const first = Math.floor(computed / size);
    const wanted = { request: params.remote_request_id, blocks: blocks.slice(first, needed) };
    const workers = workersOf(params);
    const engine = String(params.remote_engine_id);
    const shares = await Promise.all(workers.map((worker) => this.share(worker, engine, wanted, signal)));
    const [head] = workers;
    if (head !== undefined) await this.ask(head, { op: "done", request: wanted.request }, signal);
    const skip = (computed - first * size) * TOKEN_BYTES;
    return this.mask(joinShares(shares)).subarray(skip, skip + (ask.prompt.length - computed) * TOKEN_BYTES);
  }

  /** Nobody will read it: the first worker is told, and lets go for all. */
  cancel(params: JsonObject): void {
    const [head] = workersOf(params);
    if (head === undefined) return;
    this.peer(head).then(
      (peer) => peer.tell({ op: "cancel", request: params.remote_request_id }),
      () => undefined, // nobody there to be told: it lets go after its own time
    );
  }

  close(): void {
    for (const peer of this.peers.values()) {
      peer.then(
        (one) => one.close(),
        () => undefined, // never opened
      );
    }
  }

  private async share(worker: Worker, engine: string, wanted: JsonObject, signal: AbortSignal): Promise<Buffer> {
    const { head } = await this.ask(worker, { op: "meta" }, signal);
    if (head.engineId === this.engineId) {
      throw new LoadFailed([`AssertionError: Conflict engine id ${engine} with local engine id ${this.engineId}.`]);
    }
    if (head.engineId !== engine) {
      throw new LoadFailed([
        `RuntimeError: engine id mismatch at ${addressOf(worker)}: expected ${engine}, got ${String(head.engineId)}`,
      ]);
    }
    const answer = await this.ask(worker, { op: "read", ...wanted }, signal);
    if (answer.head.ok === true) return answer.body;
    throw new LoadFailed([`RuntimeError: Mooncake transfer failed, ret: -1 (${addressOf(worker)})`]);
  }

  private async ask(worker: Worker, what: JsonObject, signal: AbortSignal) {
    try {
      const peer = await untilAbort(this.peer(worker), signal);
      return await peer.ask(what, TRANSFER_MS, signal);
    } catch (error) {
      if (!(error instanceof PeerLost) && !(error instanceof PeerSilent)) throw error;
      signal.throwIfAborted();
      this.peers.delete(addressOf(worker));
      throw new LoadFailed([`RuntimeError: Mooncake transfer failed, ret: -1 (no answer from ${addressOf(worker)})`]);
    }
  }

  /** An open connection, or a new one: the peer may have been restarted on its port. */
  private async peer(worker: Worker): Promise<Peer> {
    const address = addressOf(worker);
    const known = await this.peers.get(address);
    if (known !== undefined && !known.gone) return known;
    const opened = Peer.open(worker.host, worker.port, this.context.faults.handshakeTimeoutMs);
    this.peers.set(address, opened);
    opened.catch(() => this.peers.delete(address));
    return opened;
  }
}

const addressOf = ({ host, port }: Worker): string => `${host}:${port}`;

function firstGroup(ids: unknown): readonly number[] {
  return Array.isArray(ids) && Array.isArray(ids[0]) ? ids[0].map(Number) : [];
}

/** Every worker has the port of its place behind the rank's; on which host, the ticket says. */
function workersOf(params: JsonObject): readonly Worker[] {
  const { remote_multi_nodes_meta_mapping: mapping, remote_host: host, remote_port: port } = params;
  const rows = isObject(mapping) ? Object.entries(mapping) : [];
  return rows.map(([place, worker]) => ({
    host: isObject(worker) && typeof worker.host === "string" ? worker.host : String(host),
    port: Number(port) + Number(place),
  }));
}
