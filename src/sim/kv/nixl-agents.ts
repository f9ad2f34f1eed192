import type { KvConfig } from "../start/kv-config.ts";
import { LoadFailed, type RankContext } from "./connector.ts";
import { metaOf } from "./identity.ts";
import { checkHandshake, type Meta, readMeta } from "./nixl-handshake.ts";
import { Peer, PeerLost, PeerSilent } from "./peer.ts";

export interface Agent {
  readonly peer: Peer;
  readonly meta: Meta;
}

/** Where a ticket says that its KV lies. */
export interface Remote {
  readonly engineId: string;
  readonly host: string;
  readonly port: number;
}

/**
 * The prefill engines that decode has met, by engine id. Host and port of one that is known are not looked at again.
 * Source: vllm-cpu.md §5, table of faults.
 */
export class Agents {
  private readonly known = new Map<string, Promise<Agent>>();
  /** Engine ids by `host:port`; also of those that are gone. */
  private readonly metAt = new Map<string, string>();
  private readonly context: RankContext;
  private readonly kv: KvConfig;
  private readonly localId: string;

  constructor(context: RankContext, kv: KvConfig, localId: string) {
    this.context = context;
    this.kv = kv;
    this.localId = localId;
  }

  meet(remote: Remote): Promise<Agent> {
    const known = this.known.get(remote.engineId);
    if (known !== undefined) return known;
    const met = this.handshake(remote);
    this.known.set(remote.engineId, met);
    met.catch(() => this.forget(remote.engineId));
    return met;
  }

  forget(engineId: string): void {
    this.known.delete(engineId);
  }

  close(): void {
    for (const agent of this.known.values()) {
      agent.then(
        ({ peer }) => peer.close(),
        () => undefined, // never met: nothing to close
      );
    }
  }

  /** A transfer that did not come to be, counted. */
  failed(lines: readonly string[]): LoadFailed {
    this.context.counters.add("vllm:nixl_num_failed_transfers_total");
    return new LoadFailed(lines);
  }

  /**
   * The endpoint of a prefill that is gone is torn down while that of its successor at the same address comes up in its memory: on devices that
   * move KV over RDMA the decode engine dies of it. On a CPU, over TCP, it lives. Source: vllm#49238, nixl#1986; launch.md §3.2.
   */
  private load(engineId: string, address: string): void {
    const former = this.metAt.get(address);
    this.metAt.set(address, engineId);
    if (former === undefined || former === engineId || this.context.config.platform.device === "cpu") return;
    const lines = [
      "Fatal Python error: Segmentation fault",
      `nixlAgent::loadRemoteMD: remote agent ${engineId} at ${address}, where ${former} was`,
    ];
    this.context.die(lines);
    throw this.failed(lines);
  }

  private async handshake({ engineId, host, port }: Remote): Promise<Agent> {
    if (engineId === this.localId) {
      const why = `Cannot register local engine ${engineId} as remote. Local identity is set via __init__ params.`;
      throw this.failed([`AssertionError: ${why}`]);
    }
    const { handshakeTimeoutMs } = this.context.faults;
    let peer: Peer | undefined;
    try {
      peer = await Peer.open(host, port, handshakeTimeoutMs);
      const meta = readMeta((await peer.ask({ op: "meta" }, handshakeTimeoutMs)).head);
      if (meta.engineId !== engineId) {
        throw this.failed([
          `RuntimeError: Remote NIXL agent engine ID mismatch. Expected ${engineId},received ${meta.engineId}`,
        ]);
      }
      const refused = checkHandshake(metaOf(this.localId, this.kv, this.context), meta, this.kv);
      if (refused !== undefined) throw this.failed([refused]);
      this.load(engineId, `${host}:${port}`);
      return { peer, meta };
    } catch (error) {
      peer?.close();
      if (!(error instanceof PeerSilent) && !(error instanceof PeerLost)) throw error;
      throw this.failed([
        "zmq.error.Again: Resource temporarily unavailable",
        `NIXL transfer failure: handshake_failed (remote ${host}:${port})`,
      ]);
    }
  }
}
