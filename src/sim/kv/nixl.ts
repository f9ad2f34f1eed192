import type { Ask } from "../engine/ask.ts";
import { layoutMask } from "../engine/kv-content.ts";
import { engineRaised } from "../fatal.ts";
import type { JsonObject } from "../json.ts";
import type { KvConfig } from "../start/kv-config.ts";
import type { Connector, Finished, Handed, Match, RankContext } from "./connector.ts";
import { HeldBlocks } from "./held.ts";
import { engineIdOf, memoryOf, metaOf } from "./identity.ts";
import { type Listener, listenZmq } from "./listen.ts";
import { Agents } from "./nixl-agents.ts";
import { NixlPull } from "./nixl-pull.ts";
import { sideChannelOf, ticketOf } from "./nixl-ticket.ts";
import { serveKv } from "./serve.ts";
import { forever } from "./wait.ts";

/**
 * NixlConnector: prefill keeps its blocks under a lease, decode pulls them over the side channel. It does not look at its kv_role.
 * Source: launch.md §3.2, proxy-protocols.md §G, vllm-cpu.md §5.
 */
export class NixlConnector implements Connector {
  readonly context: RankContext;
  private readonly kv: KvConfig;
  readonly engineId: string;
  readonly host: string;
  readonly port: number;
  private readonly leaseMs: number;
  private readonly held: HeldBlocks;
  private readonly agents: Agents;
  private readonly pull: NixlPull;
  private listener: Listener | undefined;

  constructor(context: RankContext, kv: KvConfig, free: (blocks: readonly number[]) => void) {
    const { env, config, counters, log } = context;
    requirePlayable(context, kv);
    this.context = context;
    this.kv = kv;
    this.engineId = engineIdOf(kv, context);
    ({ host: this.host, port: this.port } = sideChannelOf(context));
    this.leaseMs = leaseSeconds(kv, env, config.platform.device) * 1000;
    this.held = new HeldBlocks(context.pool, free, (request) => {
      counters.add("vllm:nixl_num_kv_expired_reqs_total");
      log.warning(
        "nixl_connector.py",
        `Releasing expired KV blocks for request ${request} which were retrieved by 0 remote worker(s) before lease expired.`,
      );
    });
    this.agents = new Agents(context, kv, this.engineId);
    this.pull = new NixlPull(context, kv, this.agents, this.leaseMs);
    if (kv.role === "kv_both") log.warning("nixl_connector.py", DEPRECATED_BOTH);
  }

  async open(): Promise<void> {
    const answer = serveKv(this.context, {
      meta: () => ({ ...metaOf(this.engineId, this.kv, this.context) }),
      encode: layoutMask(memoryOf(this.context)),
      share: { at: 0, of: 1 },
      done: (request) => this.pulled(request),
      cancel: (request) => void this.held.done(request),
      heartbeat: (request) => void this.held.extend(request, (this.leaseMs * 2) / 3),
    });
    this.listener = await listenZmq(this.host, this.port, answer);
  }

  close(): void {
    this.listener?.close();
    this.held.clear();
    this.agents.close();
  }

  arrived(kvParams: JsonObject): ((end: "aborted" | "over") => void) | undefined {
    if (kvParams.do_remote_prefill !== true || !isComplete(kvParams)) return undefined;
    return typeof kvParams.remote_request_id === "string" ? this.pull.arrived(kvParams) : undefined;
  }

  match(ask: Ask, computed: number): Match | undefined {
    const params = ask.kvParams;
    const tokens = ask.prompt.length - computed;
    if (params?.do_remote_prefill !== true || tokens <= 0) return undefined;
    if (isComplete(params))
      return { tokens, via: "p2p", load: (signal) => this.pull.load(params, ask, computed, signal) };
    const shown = JSON.stringify(params);
    this.context.log.warning(
      "nixl_connector.py",
      `Got invalid KVTransferParams: ${shown}. This request will not utilize KVTransfer`,
    );
    return { tokens, via: "p2p", load: forever }; // the scheduler waits for tokens that nobody fetches
  }

  async save(): Promise<void> {
    // pulled by the other side, never pushed
  }

  finished({ ask, generated, blocks, cachedTokens }: Finished): Handed | undefined {
    if (ask.kvParams?.do_remote_decode !== true) return undefined;
    const { platform } = this.context.config;
    const { kvParams } = this.context.faults;
    if (kvParams === "null" || kvParams === "missing") {
      return { params: kvParams === "null" ? null : undefined, holds: false };
    }
    if (kvParams === "empty") return { params: {}, holds: false };
    this.held.hold(ask.id, blocks, this.leaseMs);
    const ids = kvParams === "noblocks" ? [] : blocks;
    const params: JsonObject = {
      ...ticketOf(this, { ask, generated }, platform.name === "gaudi" ? ids : [ids]), // the Gaudi plugin still sends the flat list
      remote_blocks_expiry_time: null,
      transfer_mode: "pull",
      ...(ask.maxTokens === 1 && { remote_prefill_cached_tokens: cachedTokens }),
    };
    return { params, holds: true };
  }

  private pulled(request: string): void {
    if (this.held.done(request)) return;
    this.context.counters.add("vllm:nixl_num_notifications_after_expiry_total");
    this.context.log.error(
      "nixl_connector.py",
      `Potentially invalid KV blocks for unrecognized request ${request} were retrieved by a decode worker. They may have expired.`,
    );
  }
}

const DEPRECATED_BOTH =
  "Using kv_role='kv_both' with NixlConnector is deprecated and will be removed in a future release. Please set kv_role='kv_producer' for prefill instances and kv_role='kv_consumer' for decode instances.";

const isComplete = (params: JsonObject): boolean =>
  ["remote_engine_id", "remote_host", "remote_port"].every(
    (name) => params[name] !== undefined && params[name] !== null,
  );

const buffers: Readonly<Record<string, readonly string[]>> = {
  cuda: ["cuda", "cpu"],
  hpu: ["hpu", "cpu"],
  cpu: ["cpu"],
};

function requirePlayable({ config }: RankContext, { bufferDevice }: KvConfig): void {
  const { device } = config.platform;
  if (bufferDevice !== undefined && !(buffers[device] ?? []).includes(bufferDevice)) {
    throw engineRaised("RuntimeError", `${device} with ${bufferDevice} kv_buffer is not supported.`);
  }
  if (device === "cpu" && config.blockSize % 32 !== 0) {
    throw engineRaised("ValueError", `No common block size for ${config.blockSize} (CPU_ATTN: [MultipleOf(32)]).`);
  }
}

/** The Gaudi plugin still reads the variable; elsewhere the lease of the extra config has replaced it. */
function leaseSeconds({ extra }: KvConfig, env: NodeJS.ProcessEnv, device: string): number {
  if (device === "hpu") return Number(env.VLLM_NIXL_ABORT_REQUEST_TIMEOUT ?? 480);
  return Number(extra.kv_lease_duration ?? 30);
}
