import type { Ask } from "../engine/ask.ts";
import { layoutMask } from "../engine/kv-content.ts";
import { engineRaised } from "../fatal.ts";
import { isObject, type JsonObject } from "../json.ts";
import type { KvConfig } from "../start/kv-config.ts";
import type { Connector, Finished, Handed, Match, RankContext } from "./connector.ts";
import { HeldBlocks } from "./held.ts";
import { engineIdOf, ownAddress } from "./identity.ts";
import { type Listener, listenZmq } from "./listen.ts";
import { MooncakePull } from "./mooncake-pull.ts";
import { serveKv } from "./serve.ts";

/**
 * vllm-ascend's MooncakeConnectorV1: each worker of a rank answers on a port of its own, decode takes its share of the KV from every one
 * of them. Source: launch.md §2.1, §3.5, proxy-protocols.md §C.2.
 */
export class MooncakeAscend implements Connector {
  private readonly context: RankContext;
  private readonly engineId: string;
  private readonly host: string;
  /** Of this rank's first worker. */
  private readonly port: number;
  private readonly holdMs: number;
  private readonly held: HeldBlocks;
  private readonly mask: (kv: Buffer) => Buffer;
  private readonly pull: MooncakePull;
  private listeners: Listener[] = [];

  constructor(context: RankContext, kv: KvConfig, free: (blocks: readonly number[]) => void) {
    const { config, env, rank } = context;
    const { parallel } = config;
    requireSizes(kv, parallel);
    this.context = context;
    this.engineId = engineIdOf(kv, context);
    this.host = env.VLLM_HOST_IP ?? ownAddress();
    // a dense model's internal ranks each think they are rank 0, and clash: that is how it is (launch.md §2.1)
    this.port = kv.port + (parallel.moe || parallel.mode !== "internal" ? rank : 0) * parallel.world;
    this.holdMs = Number(env.VLLM_MOONCAKE_ABORT_REQUEST_TIMEOUT ?? 480) * 1000;
    this.mask = layoutMask(`${config.dtype} ${config.kvCacheDtype}`);
    this.pull = new MooncakePull(context, this.engineId, this.mask);
    this.held = new HeldBlocks(context.pool, free, (request) => {
      context.log.warning("mooncake_connector.py", `Force freed request: ${request}`);
    });
  }

  async open(): Promise<void> {
    const { world } = this.context.config.parallel;
    for (let worker = 0; worker < world; worker++) {
      const answer = serveKv(this.context, {
        meta: () => ({ engineId: this.engineId, blockSize: this.context.pool.blockSize, worker }),
        encode: this.mask,
        share: { at: worker, of: world },
        done: (request) => void this.held.done(request),
        heartbeat: () => undefined,
        cancel: (request) => void this.held.done(request),
      });
      this.listeners.push(await listenZmq(this.host, this.port + worker, answer));
    }
  }

  close(): void {
    for (const listener of this.listeners) listener.close();
    this.held.clear();
    this.pull.close();
  }

  match(ask: Ask, computed: number): Match | undefined {
    const params = ask.kvParams;
    if (params?.do_remote_prefill !== true) return undefined;
    const missing = ["remote_engine_id", "remote_host", "remote_port", "remote_request_id"].find(
      (name) => params[name] === undefined || params[name] === null,
    );
    if (missing !== undefined) {
      this.context.log.warning(
        "mooncake_connector.py",
        `Got invalid KVTransferParams: ${JSON.stringify(params)}. This request will not utilize KVTransfer`,
      );
      return undefined;
    }
    const tokens = ask.prompt.length - computed;
    return { tokens, via: "p2p", load: (signal) => this.pull.load(params, ask, computed, signal) };
  }

  arrived(params: JsonObject): ((end: "aborted" | "over") => void) | undefined {
    if (params.do_remote_prefill !== true) return undefined;
    return (end) => {
      if (end === "aborted") this.pull.cancel(params);
    };
  }

  async save(): Promise<void> {
    // pulled by decode
  }

  /** Only a prefill that was ended by its length is handed over: one that ended by itself gives null and keeps nothing. */
  finished({ ask, reason, blocks, generated }: Finished): Handed | undefined {
    const params = ask.kvParams;
    if (params?.do_remote_decode !== true) return undefined;
    const { parallel } = this.context.config;
    const { kvParams } = this.context.faults;
    if (reason !== "length" || kvParams === "null") return { params: null, holds: false };
    if (kvParams === "missing") return { params: undefined, holds: false };
    if (kvParams === "empty") return { params: {}, holds: false };
    this.held.hold(ask.id, blocks, this.holdMs);
    return {
      holds: true,
      params: {
        do_remote_prefill: true,
        do_remote_decode: false,
        remote_block_ids: [kvParams === "noblocks" ? [] : blocks],
        remote_engine_id: this.engineId,
        remote_request_id: ask.id,
        remote_host: this.host,
        remote_port: this.port,
        remote_pcp_size: parallel.pcp,
        remote_dcp_size: parallel.dcp,
        remote_ptp_size: parallel.tp,
        last_token_id: 100 + generated,
        remote_multi_nodes_meta_mapping: this.workers(),
        num_prompt_blocks: blocks.length,
        remote_block_size: this.context.pool.blockSize,
      },
    };
  }

  private workers(): JsonObject {
    const { world } = this.context.config.parallel;
    return Object.fromEntries(
      Array.from({ length: world }, (_, worker) => [String(worker), { host: this.host, engine_id: this.engineId }]),
    );
  }
}

/** Both sides' sizes stand in the extra config of both; the own one must be true. Source: launch.md §3.5. */
function requireSizes(kv: KvConfig, { tp, dp, pp }: RankContext["config"]["parallel"]): void {
  const side = (name: string) => {
    const sizes = kv.extra[name];
    if (!isObject(sizes) || typeof sizes.tp_size !== "number" || typeof sizes.dp_size !== "number") {
      throw engineRaised("AssertionError", `kv_connector_extra_config needs ${name} with tp_size and dp_size`);
    }
    return { tp: sizes.tp_size, dp: sizes.dp_size, pp: typeof sizes.pp_size === "number" ? sizes.pp_size : 1 };
  };
  const [prefill, decode] = [side("prefill"), side("decode")];
  if (prefill.tp < decode.tp || prefill.tp % decode.tp !== 0) {
    throw engineRaised(
      "ValueError",
      `prefill_tp_size: ${prefill.tp} must be greater than or equal to the decode_tp_size: ${decode.tp}, and divisible by it`,
    );
  }
  if (decode.pp !== 1) throw engineRaised("AssertionError", `decode pp_size must be 1, got ${decode.pp}`);
  const own = kv.role === "kv_producer" ? prefill : kv.role === "kv_consumer" ? decode : undefined;
  if (own === undefined || (own.tp === tp && own.dp === dp && own.pp === pp)) return;
  throw engineRaised(
    "AssertionError",
    `${kv.role}: sizes in kv_connector_extra_config (tp ${own.tp}, dp ${own.dp}, pp ${own.pp}) are not those of this engine (tp ${tp}, dp ${dp}, pp ${pp})`,
  );
}
