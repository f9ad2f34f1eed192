import type { Ask } from "../../engine/ask.ts";
import { layoutMask, TOKEN_BYTES } from "../../engine/kv-content.ts";
import type { JsonObject } from "../../json.ts";
import type { KvConfig } from "../../start/kv-config.ts";
import type { Connector, Finished, Handed, Match, RankContext } from "../connector.ts";
import { onFrames, sendFrame } from "../frames.ts";
import { engineIdOf, ownAddress } from "../identity.ts";
import { type Listener, listenZmq } from "../listen.ts";
import { Peer, PeerLost, PeerSilent } from "../peer.ts";
import { forever, untilAbort } from "../wait.ts";
import { lacking } from "./take.ts";

const TRANSFER_MS = 60_000;

/**
 * vllm-ascend's MooncakeLayerwiseConnector: decode takes memory, tells the proxy where, and waits for what prefill writes there while it computes.
 * Source: launch.md §3.5, §2.1, proxy-protocols.md §C.3; vllm-ascend, mooncake_layerwise_connector.py.
 */
export class Layerwise implements Connector {
  private readonly context: RankContext;
  private readonly engineId: string;
  private readonly host: string;
  private readonly port: number;
  private readonly mask: (kv: Buffer) => Buffer;
  /** Requests that wait for their KV, by the id that the proxy knows them under. */
  private readonly waiting = new Map<string, (kv: Buffer) => void>();
  private readonly listeners: Listener[] = [];

  constructor(context: RankContext, kv: KvConfig) {
    const { config, env, rank } = context;
    const { tp, pcp } = config.parallel;
    this.context = context;
    this.engineId = engineIdOf(kv, context);
    this.host = env.VLLM_HOST_IP ?? ownAddress();
    this.port = kv.port + rank * tp * pcp;
    this.mask = layoutMask(`${config.dtype} ${config.kvCacheDtype}`);
  }

  /** Every worker has its port; what the stand-in writes goes to the first. */
  async open(): Promise<void> {
    const { tp, pcp } = this.context.config.parallel;
    for (let worker = 0; worker < tp * pcp; worker++)
      this.listeners.push(
        await listenZmq(this.host, this.port + worker, (socket) =>
          onFrames(socket, ({ head, body }) => {
            const request = String(head["request"]);
            this.waiting.get(request)?.(Buffer.from(body));
            sendFrame(socket, { ok: this.waiting.delete(request) });
          }),
        ),
      );
  }

  close(): void {
    for (const listener of this.listeners) listener.close();
  }

  match(ask: Ask, computed: number): Match | undefined {
    const params = ask.kvParams;
    const tokens = ask.prompt.length - computed;
    if (params?.["do_remote_prefill"] !== true || tokens <= 0) return undefined;
    return { tokens, via: "p2p", load: (signal) => this.receive(params, ask, computed, signal) };
  }

  /** Prefill writes as it computes; that it failed, decode learns from nobody but its client. */
  async save(ask: Ask, kv: Buffer): Promise<void> {
    const params = ask.kvParams;
    if (params?.["do_remote_decode"] !== true) return;
    const missing = lacking(params, ["remote_cached_tokens", "remote_host", "remote_port"]);
    if (missing !== undefined) {
      this.context.die(["Traceback (most recent call last):", `KeyError: '${missing}'`]);
      return forever(new AbortController().signal);
    }
    const address = `${String(params["remote_host"])}:${String(params["remote_port"])}`;
    let peer: Peer | undefined;
    try {
      peer = await Peer.open(
        String(params["remote_host"]),
        Number(params["remote_port"]),
        this.context.faults.handshakeTimeoutMs,
      );
      const from = Number(params["remote_cached_tokens"]) * TOKEN_BYTES;
      const head = { op: "write", request: externalOf(ask.id) };
      const answer = await peer.ask(head, TRANSFER_MS, undefined, this.mask(kv).subarray(from));
      if (answer.head["ok"] !== true)
        this.context.log.error("mooncake_layerwise_connector.py", `${address} waits for no ${externalOf(ask.id)}`);
    } catch (error) {
      if (!(error instanceof PeerLost) && !(error instanceof PeerSilent)) throw error;
      this.context.log.error("mooncake_layerwise_connector.py", `Failed to receive ACK from ${address}`);
    } finally {
      peer?.close();
    }
  }

  finished({ ask }: Finished): Handed | undefined {
    return ask.kvParams?.["do_remote_decode"] === true ? { params: null, holds: false } : undefined;
  }

  private async receive(params: JsonObject, ask: Ask, computed: number, signal: AbortSignal): Promise<Buffer> {
    const request = externalOf(ask.id);
    const written = new Promise<Buffer>((resolve) => this.waiting.set(request, resolve));
    this.call(String(params["metaserver"]), this.place(ask, request, computed));
    try {
      return this.mask(await untilAbort(written, signal));
    } finally {
      this.waiting.delete(request);
    }
  }

  private place({ prompt }: Ask, request_id: string, computed: number): JsonObject {
    const { pool, config } = this.context;
    const { tp, pcp, dcp } = config.parallel;
    const count = Math.ceil(prompt.length / pool.blockSize);
    return {
      token_ids: [],
      request_id,
      do_remote_prefill: false,
      do_remote_decode: true,
      remote_block_ids: [Array.from({ length: count }, (_, at) => at)],
      remote_block_size: [pool.blockSize],
      remote_engine_id: this.engineId,
      remote_host: this.host,
      remote_port: this.port,
      remote_tp_size: tp,
      remote_pcp_size: pcp,
      remote_dcp_size: dcp,
      remote_cached_tokens: computed,
    };
  }

  /** Three tries for a connection, no look at the answer: the request waits for its KV whatever it is. */
  private call(url: string, place: JsonObject, left = 3): void {
    const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(place) };
    fetch(url, init).then(
      (answer) => void answer.body?.cancel(),
      () => {
        const retry = 4 - left;
        this.context.log.error(
          "mooncake_layerwise_connector.py",
          `Failed to connect to metaserver. url=${url}, retry=${retry}.`,
        );
        if (left > 1) this.call(url, place, left - 1);
      },
    );
  }
}

/** What the proxy calls it: without the end that the engine put behind. */
const externalOf = (id: string): string => id.slice(0, -9);
