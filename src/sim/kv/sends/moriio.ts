import type { Ask } from "../../engine/ask.ts";
import { layoutMask, TOKEN_BYTES } from "../../engine/kv-content.ts";
import { engineRaised } from "../../fatal.ts";
import type { JsonObject } from "../../json.ts";
import type { KvConfig } from "../../start/kv-config.ts";
import { type Connector, type Finished, type Handed, LoadFailed, type Match, type RankContext } from "../connector.ts";
import { HeldBlocks } from "../held.ts";
import { engineIdOf, ownAddress } from "../identity.ts";
import { type Listener, listenZmq } from "../listen.ts";
import { Peer } from "../peer.ts";
import { serveKv } from "../serve.ts";
import { forever } from "../wait.ts";
import { Outbox } from "./outbox.ts";
import { behind, lacking, takeKv } from "./take.ts";

/**
 * MoRIIOConnector: prefill writes, or decode reads where `read_mode` says so. Each finds the other by its parameters.
 * Source: launch.md §2.1, proxy-protocols.md §E.4; vLLM 0.32, moriio_common.py and moriio_connector.py.
 */
export class Moriio implements Connector {
  private readonly context: RankContext;
  private readonly isProducer: boolean;
  private readonly reads: boolean;
  private readonly engineId: string;
  private readonly host: string;
  private readonly ports: { readonly handshake: number; readonly notify: number };
  private readonly holdMs: number;
  private readonly held: HeldBlocks;
  private readonly outbox: Outbox;
  private readonly mask: (kv: Buffer) => Buffer;
  private readonly listeners: Listener[] = [];

  constructor(context: RankContext, kv: KvConfig, free: (blocks: readonly number[]) => void) {
    const { config, log, pool } = context;
    for (const key of ["http_port", "handshake_port", "notify_port"])
      if (kv.extra[key] === undefined) throw engineRaised("KeyError", `'${key}'`);
    this.context = context;
    this.isProducer = kv.role === "kv_producer";
    this.reads = /^(true|1)$/i.test(String(kv.extra["read_mode"] ?? false).trim());
    this.engineId = engineIdOf(kv, context);
    this.host = typeof kv.extra["host_ip"] === "string" ? kv.extra["host_ip"] : ownAddress();
    this.ports = { handshake: Number(kv.extra["handshake_port"]), notify: Number(kv.extra["notify_port"]) };
    this.holdMs = Number(kv.extra["defer_timeout"] ?? 60) * 1000;
    this.mask = layoutMask(`${config.dtype} ${config.kvCacheDtype}`);
    this.held = new HeldBlocks(pool, free, (request) => {
      log.warning("moriio_connector.py", "Reaped 1 deferred sends with no finished_sending notification.");
      this.outbox.expired(request);
    });
    this.outbox = new Outbox(this.held, this.holdMs);
  }

  /** A port of each kind for every worker of the rank, counted within its process. */
  async open(): Promise<void> {
    const { rank, config } = this.context;
    const { tp, start, mode, dpLocal } = config.parallel;
    const local = mode === "external" ? 0 : mode === "hybrid" ? rank - start : rank % Math.max(1, dpLocal);
    const answer = serveKv(this.context, {
      meta: () => ({ engineId: this.engineId }),
      encode: this.mask,
      share: { at: 0, of: 1 },
      done: (name) => void this.outbox.sent(name),
      take: (name) => this.outbox.take(name),
      heartbeat: () => undefined,
      cancel: () => undefined,
    });
    for (let worker = 0; worker < tp; worker++)
      for (const base of [this.ports.handshake, this.ports.notify])
        this.listeners.push(await listenZmq(this.host, base + local + worker, answer));
  }

  close(): void {
    for (const listener of this.listeners) listener.close();
    this.outbox.close();
    this.held.clear();
  }

  match(ask: Ask, computed: number): Match | undefined {
    if (this.isProducer) return undefined;
    const params = ask.kvParams ?? {};
    const outside = ask.prompt.length - computed;
    if (this.reads) return this.readable(params, ask, computed, outside - 1);
    if (params["do_remote_prefill"] !== true || outside <= 0) return undefined;
    return { tokens: outside, via: "p2p", load: (signal) => this.load(params, ask, computed, signal) };
  }

  /** A decode that reads takes every prompt for one that was prefilled elsewhere; without a ticket it works on what lies in its memory. */
  private readable(params: JsonObject, ask: Ask, computed: number, tokens: number): Match | undefined {
    if (tokens <= 0) return undefined;
    const end = tokens * TOKEN_BYTES;
    if (params["do_remote_prefill"] !== true || !params["remote_block_ids"])
      return { tokens, via: "p2p", load: () => Promise.resolve(Buffer.alloc(end)) };
    const load = async (signal: AbortSignal) => (await this.load(params, ask, computed, signal)).subarray(0, end);
    return { tokens, via: "p2p", load };
  }

  /** Prefill that writes has to meet decode before it can. */
  async save({ kvParams: params }: Ask): Promise<void> {
    if (!this.isProducer || this.reads || params?.["do_remote_decode"] !== true) return;
    const keys = ["remote_engine_id", "remote_block_ids", "remote_host", "remote_handshake_port", "remote_notify_port"];
    const missing = lacking(params, keys);
    if (missing !== undefined) return this.lost(`KeyError: '${missing}'`);
    const [host, port] = [String(params["remote_host"]), Number(params["remote_handshake_port"])];
    const peer = await Peer.open(host, port, this.context.faults.handshakeTimeoutMs).catch(() => undefined);
    peer?.close();
    if (peer === undefined)
      this.context.log.error("moriio_connector.py", `MoRIIO handshake failed: tcp://${host}:${port}`);
  }

  finished({ ask, reason, blocks }: Finished): Handed | undefined {
    const params = ask.kvParams;
    if (!this.isProducer || params?.["do_remote_decode"] !== true) return undefined;
    if (reason !== "length") return { params: null, holds: false };
    const { dp, dpLocal, tp } = this.context.config.parallel;
    const transfer_id = String(params["transfer_id"] ?? `sidecar-${ask.id}`);
    this.outbox.put(transfer_id, { request: ask.id, blocks }, this.holdMs);
    return {
      holds: true,
      params: {
        do_remote_prefill: true,
        do_remote_decode: false,
        remote_block_ids: [blocks],
        remote_engine_id: this.engineId,
        remote_host: this.host,
        remote_handshake_port: this.ports.handshake,
        remote_notify_port: this.ports.notify,
        remote_dp_rank: this.context.rank,
        remote_dp_rank_override: true,
        remote_dp_size: dp,
        remote_dp_size_local: dpLocal,
        tp_size: tp,
        transfer_id,
      },
    };
  }

  private async load(params: JsonObject, ask: Ask, computed: number, signal: AbortSignal): Promise<Buffer> {
    const missing = lacking(params, ["remote_host", "remote_notify_port"]);
    if (missing !== undefined) {
      await this.lost(`ValueError: request ${ask.id} is missing ${missing}`);
      return forever(signal);
    }
    const local = Number(params["remote_dp_size_local"] ?? 0);
    const rank = Number(params["remote_dp_rank"] ?? 0);
    const port = Number(params["remote_notify_port"]) + (local > 0 ? rank % local : rank);
    const name = String(params["transfer_id"] ?? `sidecar-${ask.id}`);
    const failed = (why: string) => new LoadFailed([`MoRIIO transfer failed: ${why}`]);
    const from = { host: String(params["remote_host"]), port, name, waitMs: RECV_ABORT_MS, failed };
    return behind(this.mask(await takeKv(this.context, from, signal)), ask, computed);
  }

  private async lost(line: string): Promise<void> {
    this.context.die(["Traceback (most recent call last):", line]);
  }
}

const RECV_ABORT_MS = 120_000; // MoRIIOConstants.DEFAULT_RECV_ABORT_TIMEOUT
