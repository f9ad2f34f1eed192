import type { Ask } from "../../engine/ask.ts";
import { TOKEN_BYTES } from "../../engine/kv-content.ts";
import type { LoadFailed, RankContext } from "../connector.ts";
import { Peer, PeerLost, PeerSilent } from "../peer.ts";
import { untilAbort } from "../wait.ts";

/** Where a prefill rank is, and how the transfer is called that decode waits for. */
export interface Source {
  readonly host: string;
  readonly port: number;
  readonly name: string;
  readonly waitMs: number;
  /** What the connector logs where it does not come. */
  readonly failed: (why: string) => LoadFailed;
}

/** The KV of a prompt, once prefill has sent it. A caller that stops waiting leaves prefill to send it to nobody. */
export async function takeKv({ faults }: RankContext, from: Source, signal: AbortSignal): Promise<Buffer> {
  let peer: Peer | undefined;
  try {
    peer = await untilAbort(Peer.open(from.host, from.port, faults.handshakeTimeoutMs), signal);
    const { head, body } = await peer.ask({ op: "take", name: from.name }, from.waitMs, signal);
    if (head.ok !== true) throw from.failed(String(head.error));
    return body;
  } catch (error) {
    if (!(error instanceof PeerLost) && !(error instanceof PeerSilent)) throw error;
    signal.throwIfAborted();
    throw from.failed(`no answer from ${from.host}:${from.port}`);
  } finally {
    peer?.close();
  }
}

/** What of a prompt's KV decode has not computed itself. */
export const behind = (kv: Buffer, { prompt }: Ask, computed: number): Buffer =>
  kv.subarray(computed * TOKEN_BYTES, prompt.length * TOKEN_BYTES);

/** Names the first of these that a ticket lacks, as Python's KeyError does. */
export const lacking = (params: Readonly<Record<string, unknown>>, keys: readonly string[]): string | undefined =>
  keys.find((key) => params[key] === undefined);
