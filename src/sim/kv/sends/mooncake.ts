import type { Ask } from "../../engine/ask.ts";
import { layoutMask } from "../../engine/kv-content.ts";
import { engineRaised } from "../../fatal.ts";
import type { JsonObject } from "../../json.ts";
import type { KvConfig } from "../../start/kv-config.ts";
import { type Connector, type Finished, type Handed, LoadFailed, type Match, type RankContext } from "../connector.ts";
import { HeldBlocks } from "../held.ts";
import { engineIdOf, ownAddress } from "../identity.ts";
import { type Listener, listenZmq } from "../listen.ts";
import { serveKv } from "../serve.ts";
import { forever } from "../wait.ts";
import { Bootstrap, registerAt, workerOf } from "./bootstrap.ts";
import { Outbox } from "./outbox.ts";
import { behind, takeKv } from "./take.ts";

/**
 * Upstream vLLM's MooncakeConnector: decode asks the rank that its ticket names for a transfer, prefill sends when it has finished.
 * Source: launch.md §3.3, §2.1, proxy-protocols.md §E.1; vLLM 0.32, mooncake_connector.py.
 */
export class MooncakeConnector implements Connector {
  private readonly context: RankContext;
  private readonly role: string;
  private readonly engineId: string;
  private readonly host: string;
  private readonly waitMs: number;
  private readonly bootstrapPort: number;
  private readonly outbox: Outbox;
  private readonly held: HeldBlocks;
  private readonly mask: (kv: Buffer) => Buffer;
  private bootstrap: Bootstrap | undefined;
  private listener: Listener | undefined;

  constructor(context: RankContext, kv: KvConfig, free: (blocks: readonly number[]) => void) {
    const { config, env, pool, log } = context;
    if (config.platform.device !== "cuda") throw engineRaised("RuntimeError", NO_DRIVER);
    this.context = context;
    this.role = kv.role;
    this.engineId = engineIdOf(kv, context);
    this.host = env.VLLM_HOST_IP ?? ownAddress();
    this.waitMs = Number(env.VLLM_MOONCAKE_ABORT_REQUEST_TIMEOUT ?? 480) * 1000;
    this.bootstrapPort = Number(env.VLLM_MOONCAKE_BOOTSTRAP_PORT ?? 8998);
    this.mask = layoutMask(`${config.dtype} ${config.kvCacheDtype}`);
    this.held = new HeldBlocks(pool, free, (request) => {
      log.warning(
        "mooncake_connector.py",
        `Request ${request} timed out after ${this.waitMs / 1000} seconds without being sent.`,
      );
      this.outbox.expired(request);
    });
    this.outbox = new Outbox(this.held, this.waitMs);
  }

  async open(): Promise<void> {
    if (this.role === "kv_consumer") return;
    const { rank, config } = this.context;
    const { mode, start, address, dpLocal } = config.parallel;
    const alone = mode === "internal" && dpLocal === config.parallel.dp;
    const ownServer = mode !== "internal" || alone;
    const serves = rank === (ownServer ? start : 0);
    const served = {
      meta: () => ({ engineId: this.engineId }),
      encode: this.mask,
      share: { at: 0, of: 1 },
      done: (name: string) => void this.outbox.sent(name),
      take: (name: string) => this.outbox.take(name),
      heartbeat: () => undefined,
      cancel: () => undefined,
    };
    this.listener = await listenZmq(this.host, 0, serveKv(this.context, served));
    if (serves) {
      this.bootstrap = new Bootstrap();
      await this.bootstrap.listen(this.bootstrapPort);
    }
    // a rank behind an endpoint of its own node counts from 0
    const dpRank = mode === "internal" ? rank : rank - start;
    const addr = `tcp://${this.host}:${this.listener.port}`;
    await registerAt(ownServer ? "127.0.0.1" : address, this.bootstrapPort, { engineId: this.engineId, dpRank, addr });
  }

  close(): void {
    this.listener?.close();
    this.bootstrap?.close();
    this.outbox.close();
    this.held.clear();
  }

  match(ask: Ask, computed: number): Match | undefined {
    const params = ask.kvParams;
    if (params?.["do_remote_prefill"] === true && this.role === "kv_producer")
      this.assertion("not self.is_kv_producer");
    if (params?.["do_remote_decode"] === true && this.role === "kv_consumer") this.assertion("not self.is_kv_consumer");
    if (params?.["do_remote_decode"] === true && !params["transfer_id"])
      this.context.log.warning("mooncake_connector.py", "Missing transfer_id in kv_transfer_params from router!");
    const tokens = ask.prompt.length - computed;
    if (params?.["do_remote_prefill"] !== true || tokens <= 0) return undefined;
    if (["remote_engine_id", "remote_bootstrap_addr", "transfer_id"].every((key) => params[key] !== undefined))
      return { tokens, via: "p2p", load: (signal) => this.load(params, ask, computed, signal) };
    const shown = JSON.stringify(params);
    this.context.log.warning(
      "mooncake_connector.py",
      `Got invalid KVTransferParams: ${shown}. This request will not utilize KVTransfer`,
    );
    return { tokens, via: "p2p", load: forever }; // the scheduler waits for tokens that nobody fetches
  }

  /** A request that was let go has its memory still, and prefill sends all the same. */
  arrived(params: JsonObject): ((end: "aborted" | "over") => void) | undefined {
    if (params["do_remote_prefill"] !== true) return undefined;
    return (end) => {
      if (end === "aborted") void this.fetch(params, new AbortController().signal).catch(() => undefined); // nobody waits for it
    };
  }

  async save(): Promise<void> {
    // sent when the request has finished
  }

  /** Its answer says nothing of where the KV is. */
  finished({ ask, reason, blocks }: Finished): Handed | undefined {
    const { do_remote_decode, transfer_id } = ask.kvParams ?? {};
    if (do_remote_decode !== true || typeof transfer_id !== "string") return undefined;
    if (reason !== "length") return { params: null, holds: false };
    this.outbox.put(transfer_id, { request: ask.id, blocks }, this.waitMs);
    return { params: null, holds: true };
  }

  private async load(params: JsonObject, ask: Ask, computed: number, signal: AbortSignal): Promise<Buffer> {
    return behind(this.mask(await this.fetch(params, signal)), ask, computed);
  }

  private async fetch(params: JsonObject, signal: AbortSignal): Promise<Buffer> {
    const [engineId, bootstrap] = [String(params["remote_engine_id"]), String(params["remote_bootstrap_addr"])];
    const worker = await workerOf(bootstrap, engineId);
    if (worker === undefined)
      throw new LoadFailed([`remote engine_id ${engineId} not found from bootstrap server ${bootstrap}`]);
    const failed = (why: string) => new LoadFailed([`Mooncake transfer failed: ${why}`]);
    const from = { ...worker, name: String(params["transfer_id"]), waitMs: this.waitMs, failed };
    return takeKv(this.context, from, signal);
  }

  private assertion(what: string): void {
    this.context.die(["Traceback (most recent call last):", `    assert ${what}`, "AssertionError"]);
  }
}

const NO_DRIVER =
  "Found no NVIDIA driver on your system. Please check that you have an NVIDIA GPU and installed a driver.";
