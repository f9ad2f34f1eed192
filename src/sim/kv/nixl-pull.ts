import { type Ask, EngineDied } from "../engine/ask.ts";
import { layoutMask, TOKEN_BYTES } from "../engine/kv-content.ts";
import type { JsonObject } from "../json.ts";
import type { KvConfig } from "../start/kv-config.ts";
import type { RankContext } from "./connector.ts";
import { memoryOf } from "./identity.ts";
import type { Agent, Agents, Remote } from "./nixl-agents.ts";
import type { Meta } from "./nixl-handshake.ts";
import { PeerLost, PeerSilent } from "./peer.ts";
import { forever, untilAbort } from "./wait.ts";

const TRANSFER_MS = 60_000;

/** The decode side of NIXL: from the ticket to the bytes. */
export class NixlPull {
  private readonly context: RankContext;
  private readonly kv: KvConfig;
  private readonly agents: Agents;
  private readonly leaseMs: number;

  constructor(context: RankContext, kv: KvConfig, agents: Agents, leaseMs: number) {
    this.context = context;
    this.kv = kv;
    this.agents = agents;
    this.leaseMs = leaseMs;
  }

  /** The KV of the prompt behind the first `computed` tokens. */
  async load(params: JsonObject, ask: Ask, computed: number, signal: AbortSignal): Promise<Buffer> {
    const { die } = this.context;
    const request = params.remote_request_id;
    if (typeof request !== "string") return this.nameless(signal);
    const blocks = this.blockIds(params.remote_block_ids);
    if (blocks === undefined) {
      die(["Traceback (most recent call last):", "TypeError: 'int' object is not iterable"]);
      return forever(signal);
    }
    const remote = remoteOf(params);
    const agent = await untilAbort(this.agents.meet(remote), signal);
    const needed = Math.ceil(ask.prompt.length / agent.meta.blockSize);
    if (blocks.length < needed) {
      die(["Traceback (most recent call last):", blocks.length === 0 ? NONE : TOO_FEW, "AssertionError"]);
      return forever(signal);
    }
    try {
      return await this.read(agent, { request, blocks, needed, computed, tokens: ask.prompt.length }, signal);
    } catch (error) {
      if (!(error instanceof PeerLost) && !(error instanceof PeerSilent)) throw error;
      signal.throwIfAborted();
      this.agents.forget(remote.engineId);
      throw this.agents.failed([
        "NIXL transfer failure: transfer_failed",
        "nixl_cu12._bindings.nixlRemoteDisconnectError: NIXL_ERR_REMOTE_DISCONNECT",
      ]);
    }
  }

  /**
   * From its arrival on, a request's blocks are kept alive by heartbeats; when its client leaves, prefill is told that nobody will come. Source: proxy-protocols.md §G.4, §G.5.
   */
  arrived(params: JsonObject): (end: "aborted" | "over") => void {
    const request = params.remote_request_id;
    const remote = remoteOf(params);
    const tell = (op: string) => {
      this.agents.meet(remote).then(
        ({ peer }) => peer.tell({ op, request }),
        () => undefined, // a peer that cannot be met is reported by the load
      );
    };
    const beats = setInterval(() => tell("heartbeat"), this.leaseMs / 6);
    return (end) => {
      clearInterval(beats);
      if (end === "aborted") tell("cancel");
    };
  }

  private async read(agent: Agent, what: Wanted, signal: AbortSignal): Promise<Buffer> {
    const { counters } = this.context;
    const { peer, meta } = agent;
    const first = Math.floor(what.computed / meta.blockSize);
    const wanted = what.blocks.slice(first, what.needed);
    if (wanted.some((id) => id < 0 || id > meta.blocks)) {
      throw this.agents.failed([
        "NIXL transfer failure: transfer_setup_failed",
        "nixl_cu12._bindings.nixlInvalidParamError: NIXL_ERR_INVALID_PARAM",
      ]);
    }
    const started = performance.now();
    const answer = await peer.ask({ op: "read", request: what.request, blocks: wanted }, TRANSFER_MS, signal);
    if (answer.head.ok !== true) throw this.agents.failed([`NIXL transfer failure: ${String(answer.head.error)}`]);
    counters.add("vllm:nixl_xfer_time_seconds_count");
    counters.add("vllm:nixl_xfer_time_seconds_sum", (performance.now() - started) / 1000);
    counters.add("vllm:nixl_post_time_seconds_count");
    counters.add("vllm:nixl_bytes_transferred_count");
    counters.add("vllm:nixl_bytes_transferred_sum", answer.body.length);
    counters.add("vllm:nixl_num_descriptors_count");
    counters.add("vllm:nixl_num_descriptors_sum", wanted.length);
    await this.acknowledge(agent, what.request);
    const skip = (what.computed - first * meta.blockSize) * TOKEN_BYTES;
    return this.decoded(meta, answer.body).subarray(skip, skip + (what.tokens - what.computed) * TOKEN_BYTES);
  }

  private async acknowledge({ peer, meta }: Agent, request: string): Promise<void> {
    const { counters, log } = this.context;
    try {
      await peer.ask({ op: "done", request }, TRANSFER_MS);
    } catch (error) {
      if (!(error instanceof PeerLost) && !(error instanceof PeerSilent)) throw error;
      counters.add("vllm:nixl_num_failed_notifications_total");
      log.warning("nixl_connector.py", `Failed to notify ${meta.engineId} that request ${request} was read`);
    }
  }

  /** HND memory is turned into NHD where that was asked for; everything else is read as if it were one's own. */
  private decoded(meta: Meta, bytes: Buffer): Buffer {
    const permuted = this.kv.permutes && meta.layout === "HND";
    return layoutMask(permuted ? meta.memory : memoryOf(this.context))(bytes);
  }

  /** Block ids per KV group; the flat list of older engines ends all but the Gaudi plugin. */
  private blockIds(ids: unknown): readonly number[] | undefined {
    if (!Array.isArray(ids)) return [];
    const [first] = ids;
    if (first === undefined || Array.isArray(first)) return (first ?? []).map(Number);
    return this.context.config.platform.name === "gaudi" ? ids.map(Number) : undefined;
  }

  /** A ticket without a request id: nobody is asked, the request waits, and its abort is the engine's end. Source: vllm-cpu.md §5. */
  private async nameless(signal: AbortSignal): Promise<never> {
    try {
      return await forever(signal);
    } catch (error) {
      if (!(error instanceof EngineDied)) {
        this.context.die(["Traceback (most recent call last):", "KeyError: 'remote_request_id'"]);
      }
      throw error;
    }
  }
}

interface Wanted {
  readonly request: string;
  readonly blocks: readonly number[];
  readonly needed: number;
  readonly computed: number;
  readonly tokens: number;
}

const TOO_FEW = "assert num_decode_blocks <= len(prefill_group)";
const NONE = "assert num_external_tokens == 0";

const remoteOf = (params: JsonObject): Remote => ({
  engineId: String(params.remote_engine_id),
  host: String(params.remote_host),
  port: Number(params.remote_port),
});
