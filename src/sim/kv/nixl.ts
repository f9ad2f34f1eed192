import { createHash, randomUUID } from "node:crypto";
import type { Ask } from "../engine/ask.ts";
import { layoutMask, TOKEN_BYTES } from "../engine/kv-content.ts";
import { engineRaised } from "../fatal.ts";
import type { JsonObject } from "../json.ts";
import type { KvConfig } from "../start/kv-config.ts";
import { type Connector, type Finished, type Handed, LoadFailed, type Match, type RankContext } from "./connector.ts";
import { HeldBlocks } from "./held.ts";
import { type Listener, listenZmq } from "./listen.ts";
import { checkHandshake, type Meta, readMeta } from "./nixl-handshake.ts";
import { Peer, PeerLost, PeerSilent } from "./peer.ts";
import { serveKv } from "./serve.ts";

interface Agent {
  readonly peer: Peer;
  readonly meta: Meta;
}

const buffers: Readonly<Record<string, readonly string[]>> = {
  cuda: ["cuda", "cpu"],
  hpu: ["hpu", "cpu"],
  xpu: ["xpu", "cpu"],
  cpu: ["cpu"],
  tpu: ["cpu"],
};

/** NixlConnector: prefill keeps its blocks under a lease, decode pulls them over the side channel. Source: launch.md §3.2, proxy-protocols.md §G, vllm-cpu.md §5. */
export class NixlConnector implements Connector {
  private readonly context: RankContext;
  private readonly kv: KvConfig;
  private readonly engineId: string;
  private readonly host: string;
  private readonly port: number;
  private readonly leaseMs: number;
  private readonly held: HeldBlocks;
  private readonly mask: (kv: Buffer) => Buffer;
  /** By engine id: address and port of a peer that is known already are not looked at again. */
  private readonly agents = new Map<string, Promise<Agent>>();
  private listener: Listener | undefined;

  constructor(context: RankContext, kv: KvConfig, free: (blocks: readonly number[]) => void) {
    const { config, env, rank, counters, log } = context;
    const { device } = config.platform;
    if (kv.bufferDevice !== undefined && !(buffers[device] ?? []).includes(kv.bufferDevice)) {
      throw engineRaised("RuntimeError", `${device} with ${kv.bufferDevice} kv_buffer is not supported.`);
    }
    if (device === "cpu" && config.blockSize % 32 !== 0) {
      throw engineRaised("ValueError", `No common block size for ${config.blockSize} (CPU_ATTN: [MultipleOf(32)]).`);
    }
    this.context = context;
    this.kv = kv;
    this.engineId = engineIdOf(kv, context);
    this.host = env.VLLM_NIXL_SIDE_CHANNEL_HOST ?? "localhost";
    this.port = Number(env.VLLM_NIXL_SIDE_CHANNEL_PORT ?? 5600) + rank;
    this.leaseMs = leaseSeconds(kv, env, device) * 1000;
    this.mask = layoutMask(memoryOf(context));
    this.held = new HeldBlocks(context.pool, free, (request) => {
      counters.add("vllm:nixl_num_kv_expired_reqs_total");
      log.warning(
        "nixl_connector.py",
        `Releasing expired KV blocks for request ${request} which were retrieved by 0 remote worker(s) before lease expired.`,
      );
    });
    if (kv.role === "kv_both") {
      log.warning(
        "nixl_connector.py",
        "Using kv_role='kv_both' with NixlConnector is deprecated and will be removed in a future release. Please set kv_role='kv_producer' for prefill instances and kv_role='kv_consumer' for decode instances.",
      );
    }
  }

  async open(): Promise<void> {
    this.listener = await listenZmq(
      this.host,
      this.port,
      serveKv(this.context, {
        meta: () => this.meta(),
        encode: this.mask,
        share: { at: 0, of: 1 },
        done: (request) => this.pulled(request),
        heartbeat: (request) => void this.held.extend(request, (this.leaseMs * 2) / 3),
      }),
    );
  }

  close(): void {
    this.listener?.close();
    this.held.clear();
    for (const agent of this.agents.values())
      agent.then(
        ({ peer }) => peer.close(),
        () => undefined,
      );
  }

  match(ask: Ask, computed: number): Match | undefined {
    const params = ask.kvParams;
    if (params?.do_remote_prefill !== true) return undefined;
    const tokens = ask.prompt.length - computed;
    if (tokens <= 0) return undefined;
    const missing = ["remote_engine_id", "remote_host", "remote_port"].some(
      (name) => params[name] === undefined || params[name] === null,
    );
    if (missing) {
      this.context.log.warning(
        "nixl_connector.py",
        `Got invalid KVTransferParams: ${JSON.stringify(params)}. This request will not utilize KVTransfer`,
      );
      return { tokens, load: forever }; // the scheduler waits for tokens that nobody fetches
    }
    return { tokens, load: (signal) => this.load(params, ask, computed, signal) };
  }

  async save(): Promise<void> {
    // pulled by the other side, never pushed
  }

  finished({ ask, generated, blocks, cachedTokens }: Finished): Handed | undefined {
    const params = ask.kvParams;
    if (params?.do_remote_decode !== true) return undefined;
    const { parallel, platform } = this.context.config;
    const { kvParams } = this.context.faults;
    if (kvParams === "null" || kvParams === "missing")
      return { params: kvParams === "null" ? null : undefined, holds: false };
    if (kvParams === "empty") return { params: {}, holds: false };
    this.held.hold(ask.id, blocks, this.leaseMs);
    const ids = kvParams === "noblocks" ? [] : blocks;
    return {
      holds: true,
      params: {
        do_remote_prefill: true,
        do_remote_decode: false,
        remote_block_ids: platform.name === "gaudi" ? ids : [ids], // the Gaudi plugin still sends the flat list
        remote_engine_id: this.engineId,
        remote_request_id: ask.id,
        remote_host: this.host,
        remote_port: this.port,
        tp_size: parallel.tp,
        dcp_size: parallel.dcp,
        pp_size: parallel.pp,
        remote_num_tokens: ask.prompt.length + Math.max(0, generated - 1),
        remote_blocks_expiry_time: null,
        transfer_mode: "pull",
        ...(ask.maxTokens === 1 && { remote_prefill_cached_tokens: cachedTokens }),
      },
    };
  }

  private async load(params: JsonObject, ask: Ask, computed: number, signal: AbortSignal): Promise<Buffer> {
    const { pool, counters, die, log } = this.context;
    const request = params.remote_request_id;
    if (typeof request !== "string") {
      await forever(signal).catch(() => undefined);
      die(["Traceback (most recent call last):", "KeyError: 'remote_request_id'"]);
      throw signal.reason;
    }
    const blocks = flat(params.remote_block_ids);
    const { peer, meta } = await this.agent(params, signal);
    const ratio = pool.blockSize / meta.blockSize;
    const first = Math.floor(computed / meta.blockSize);
    const needed = Math.ceil(ask.prompt.length / meta.blockSize);
    if (blocks.length < needed) {
      const lines = [
        "Traceback (most recent call last):",
        ratio === 1 ? "assert num_decode_blocks <= len(prefill_group)" : "assert num_external_tokens == 0",
        "AssertionError",
      ];
      die(lines);
      throw signal.reason;
    }
    const stopBeating = this.beat(peer, request);
    const started = performance.now();
    try {
      const wanted = blocks.slice(first, needed);
      if (wanted.some((id) => id < 0 || id > meta.blocks))
        throw this.failed([
          "NIXL transfer failure: transfer_setup_failed",
          "nixl_cu12._bindings.nixlInvalidParamError: NIXL_ERR_INVALID_PARAM",
        ]);
      const answer = await peer.ask({ op: "read", request, blocks: wanted }, TRANSFER_MS, signal);
      if (answer.head.ok !== true) throw this.failed([`NIXL transfer failure: ${String(answer.head.error)}`]);
      counters.add("vllm:nixl_xfer_time_seconds_count");
      counters.add("vllm:nixl_xfer_time_seconds_sum", (performance.now() - started) / 1000);
      counters.add("vllm:nixl_post_time_seconds_count");
      counters.add("vllm:nixl_bytes_transferred_count");
      counters.add("vllm:nixl_bytes_transferred_sum", answer.body.length);
      counters.add("vllm:nixl_num_descriptors_count");
      counters.add("vllm:nixl_num_descriptors_sum", wanted.length);
      await peer.ask({ op: "done", request }, TRANSFER_MS).catch(() => {
        counters.add("vllm:nixl_num_failed_notifications_total");
        log.warning(
          "nixl_connector.py",
          `Failed to notify ${String(params.remote_engine_id)} about request ${request}`,
        );
      });
      const skip = (computed - first * meta.blockSize) * TOKEN_BYTES;
      return this.decoded(meta, answer.body).subarray(skip, skip + (ask.prompt.length - computed) * TOKEN_BYTES);
    } catch (error) {
      if (!(error instanceof PeerLost) && !(error instanceof PeerSilent)) throw error;
      if (signal.aborted) throw signal.reason;
      this.agents.delete(String(params.remote_engine_id));
      throw this.failed([
        "NIXL transfer failure: transfer_failed",
        "nixl_cu12._bindings.nixlRemoteDisconnectError: NIXL_ERR_REMOTE_DISCONNECT",
      ]);
    } finally {
      stopBeating();
    }
  }

  /** HND memory is turned into NHD where that was asked for; everything else is read as if it were one's own. */
  private decoded(meta: Meta, bytes: Buffer): Buffer {
    const permuted = this.kv.permutes && meta.layout === "HND";
    return permuted ? layoutMask(meta.memory)(bytes) : this.mask(bytes);
  }

  private agent(params: JsonObject, signal: AbortSignal): Promise<Agent> {
    const id = String(params.remote_engine_id);
    const known = this.agents.get(id);
    if (known !== undefined) return known;
    const opened = this.handshake(id, String(params.remote_host), Number(params.remote_port), signal);
    this.agents.set(id, opened);
    opened.then(
      ({ peer }) => peer,
      () => this.agents.delete(id),
    );
    return opened;
  }

  private async handshake(id: string, host: string, port: number, signal: AbortSignal): Promise<Agent> {
    const { handshakeTimeoutMs } = this.context.faults;
    let peer: Peer | undefined;
    try {
      peer = await Peer.open(host, port, handshakeTimeoutMs);
      const meta = readMeta((await peer.ask({ op: "meta" }, handshakeTimeoutMs)).head);
      if (meta.engineId !== id) {
        throw this.failed([
          `RuntimeError: Remote NIXL agent engine ID mismatch. Expected ${id},received ${meta.engineId}`,
        ]);
      }
      const refused = checkHandshake(this.localMeta(), meta, this.kv);
      if (refused !== undefined) throw this.failed([refused]);
      return { peer, meta };
    } catch (error) {
      peer?.close();
      if (signal.aborted) throw signal.reason;
      if (!(error instanceof PeerSilent) && !(error instanceof PeerLost)) throw error;
      throw this.failed([
        "zmq.error.Again: Resource temporarily unavailable",
        `NIXL transfer failure: handshake_failed (remote ${host}:${port})`,
      ]);
    }
  }

  private failed(lines: readonly string[]): LoadFailed {
    this.context.counters.add("vllm:nixl_num_failed_transfers_total");
    return new LoadFailed(lines);
  }

  private beat(peer: Peer, request: string): () => void {
    const timer = setInterval(() => peer.tell({ op: "heartbeat", request }), this.leaseMs / 6);
    return () => clearInterval(timer);
  }

  private pulled(request: string): void {
    if (this.held.done(request)) return;
    this.context.counters.add("vllm:nixl_num_notifications_after_expiry_total");
    this.context.log.error(
      "nixl_connector.py",
      `Potentially invalid KV blocks for unrecognized request ${request} were retrieved by a decode worker. They may have expired.`,
    );
  }

  private meta(): JsonObject {
    return { ...this.localMeta() };
  }

  private localMeta(): Meta {
    const { config, pool } = this.context;
    const { version, model, dtype, kvCacheDtype, parallel, platform } = config;
    const factors = [version, 7, model, dtype, kvCacheDtype, parallel.dcp, crossLayers(this.kv)];
    return {
      engineId: this.engineId,
      hash: createHash("sha256").update(JSON.stringify(factors)).digest("hex"),
      blockSize: pool.blockSize,
      blocks: pool.count,
      layout: platform.kvLayout,
      memory: memoryOf(this.context),
      tp: parallel.tp,
      pp: parallel.pp,
    };
  }
}

const TRANSFER_MS = 60_000;

const crossLayers = (kv: KvConfig) => kv.extra.enable_cross_layers_blocks === true;
const memoryOf = ({ config }: RankContext) => `${config.platform.kvLayout} ${config.dtype} ${config.kvCacheDtype}`;

/** Ranks of a group get a suffix, a lone engine does not. Source: launch.md §2.3. */
export function engineIdOf(kv: KvConfig, { rank, config }: RankContext): string {
  const id = kv.engineId ?? randomUUID();
  return config.parallel.dp > 1 ? `${id}_dp${rank}` : id;
}

/** The Gaudi plugin still reads the variable; elsewhere the lease of the extra config has replaced it. */
function leaseSeconds({ extra }: KvConfig, env: NodeJS.ProcessEnv, device: string): number {
  const lease = Number(extra.kv_lease_duration ?? 30);
  return device === "hpu" ? Number(env.VLLM_NIXL_ABORT_REQUEST_TIMEOUT ?? 480) : lease;
}

/** Block ids per KV group, or the older flat list. */
function flat(ids: unknown): readonly number[] {
  if (!Array.isArray(ids)) return [];
  const [first] = ids;
  return (Array.isArray(first) ? first : ids).map(Number);
}

/** Never loads: only the end of the request ends it. */
function forever(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const end = () => reject(signal.reason);
    if (signal.aborted) end();
    signal.addEventListener("abort", end, { once: true });
  });
}
