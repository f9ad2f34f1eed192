import type { Ask } from "../../engine/ask.ts";
import { layoutMask, TOKEN_BYTES } from "../../engine/kv-content.ts";
import type { JsonObject } from "../../json.ts";
import type { KvConfig } from "../../start/kv-config.ts";
import type { Connector, Finished, Handed, LoadFailed, Match, RankContext } from "../connector.ts";
import { HeldBlocks } from "../held.ts";
import { engineIdOf, memoryOf, metaOf } from "../identity.ts";
import { type Listener, listenZmq } from "../listen.ts";
import { Agents, type Remote } from "../nixl-agents.ts";
import { sideChannelOf, ticketOf } from "../nixl-ticket.ts";
import { serveKv } from "../serve.ts";
import { forever } from "../wait.ts";
import { Outbox } from "./outbox.ts";
import { behind, lacking, takeKv } from "./take.ts";

/**
 * NixlPushConnector: decode registers its blocks with the prefill rank that it was told of, which writes into them. The two are paired by the id of
 * their requests, without the end that each engine gives it. Source: proxy-protocols.md §E.5; vLLM 0.32, nixl/push_scheduler.py, push_worker.py.
 */
export class NixlPush implements Connector {
  readonly context: RankContext;
  private readonly kv: KvConfig;
  readonly engineId: string;
  readonly host: string;
  readonly port: number;
  private readonly leaseMs: number;
  private readonly held: HeldBlocks;
  private readonly outbox: Outbox;
  private readonly agents: Agents;
  private listener: Listener | undefined;

  constructor(context: RankContext, kv: KvConfig, free: (blocks: readonly number[]) => void) {
    const { pool, counters, log } = context;
    this.context = context;
    this.kv = kv;
    this.engineId = engineIdOf(kv, context);
    ({ host: this.host, port: this.port } = sideChannelOf(context));
    this.leaseMs = Number(kv.extra.kv_lease_duration ?? 30) * 1000;
    this.held = new HeldBlocks(pool, free, (request) => {
      counters.add("vllm:nixl_num_kv_expired_reqs_total");
      log.warning(
        "push_worker.py",
        `Releasing expired KV blocks for request ${request} which no decode has registered for.`,
      );
      this.outbox.expired(request);
    });
    this.outbox = new Outbox(this.held, Number(kv.extra.push_registration_timeout ?? 480) * 1000);
    this.agents = new Agents(context, kv, this.engineId);
  }

  async open(): Promise<void> {
    const answer = serveKv(this.context, {
      meta: () => ({ ...metaOf(this.engineId, this.kv, this.context) }),
      encode: layoutMask(memoryOf(this.context)),
      share: { at: 0, of: 1 },
      done: (name) => this.written(this.outbox.sent(name)),
      take: (name) => this.outbox.take(name),
      heartbeat: () => undefined, // they do not renew this lease
      cancel: () => undefined,
    });
    this.listener = await listenZmq(this.host, this.port, answer);
  }

  close(): void {
    this.listener?.close();
    this.outbox.close();
    this.held.clear();
    this.agents.close();
  }

  match(ask: Ask, computed: number): Match | undefined {
    const params = ask.kvParams;
    const tokens = ask.prompt.length - computed;
    if (params?.["do_remote_prefill"] !== true || tokens <= 0) return undefined;
    return { tokens, via: "p2p", load: (signal) => this.load(params, ask, computed, signal) };
  }

  async save(): Promise<void> {
    // written when the request has finished
  }

  finished({ ask, blocks, generated }: Finished): Handed | undefined {
    if (ask.kvParams?.["do_remote_decode"] !== true) return undefined;
    this.outbox.put(baseOf(ask.id), { request: ask.id, blocks }, this.leaseMs);
    return {
      holds: true,
      params: {
        ...ticketOf(this, { ask, generated }, [blocks]),
        transfer_mode: "push",
      },
    };
  }

  /** Who writes counts: decode's numbers stand still. */
  private written(blocks: number): void {
    const { counters, pool } = this.context;
    if (blocks === 0) return;
    counters.add("vllm:nixl_bytes_transferred_count");
    counters.add("vllm:nixl_bytes_transferred_sum", blocks * pool.blockSize * TOKEN_BYTES);
  }

  private async load(params: JsonObject, ask: Ask, computed: number, signal: AbortSignal): Promise<Buffer> {
    const missing = lacking(params, ["remote_engine_id", "remote_host", "remote_port", "tp_size", "remote_request_id"]);
    if (missing !== undefined) {
      this.context.die(["Traceback (most recent call last):", `KeyError: '${missing}'`]);
      return forever(signal);
    }
    const remote = remoteOf(params);
    await this.agents.meet(remote); // the handshake; what it refuses fails the load
    const failed = (why: string): LoadFailed => this.agents.failed([`NIXL transfer failure: ${why}`]);
    const from = { host: remote.host, port: remote.port, name: baseOf(ask.id), waitMs: FOR_EVER_MS, failed };
    const kv = await takeKv(this.context, from, signal);
    return behind(layoutMask(memoryOf(this.context))(kv), ask, computed);
  }
}

const FOR_EVER_MS = 2 ** 31 - 1; // a registration that is not met is only logged: who ends the request is its client

/** Without the eight hexadecimal digits that an engine puts behind it. Source: nixl/utils.py get_base_request_id. */
const baseOf = (id: string): string => id.replace(/-[0-9a-f]{8}$/i, "");

const remoteOf = (params: JsonObject): Remote => ({
  engineId: String(params["remote_engine_id"]),
  host: String(params["remote_host"]),
  port: Number(params["remote_port"]),
});
