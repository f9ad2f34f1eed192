import type { Socket } from "node:net";
import { TOKEN_BYTES } from "../engine/kv-content.ts";
import type { JsonObject } from "../json.ts";
import type { RankContext } from "./connector.ts";
import { onFrames, sendFrame } from "./frames.ts";

export interface Served {
  /** What a reader learns at the handshake. */
  readonly meta: () => JsonObject;
  /** Turns cache content into what lies in this engine's memory. */
  readonly encode: (kv: Buffer) => Buffer;
  /** The part of each token's bytes that this listener holds: worker `at` of `of`. */
  readonly share: { readonly at: number; readonly of: number };
  readonly done: (request: string) => void;
  readonly heartbeat: (request: string) => void;
  /** Nobody will read it. */
  readonly cancel: (request: string) => void;
  /** Where prefill sends: the blocks of a transfer, when it has finished; none when it does not. */
  readonly take?: (name: string) => Promise<readonly number[] | undefined>;
}

/** The prefill side of a transfer: answers handshakes, hands out blocks, learns when they are not needed any more. */
export function serveKv({ pool, faults, log }: RankContext, served: Served): (socket: Socket) => void {
  return (socket) => {
    if (faults.serve === "refuse") {
      socket.destroy();
      return;
    }
    onFrames(socket, ({ head }) => {
      if (faults.serve === "hang") return;
      if (faults.msServe === 0) answer(socket, head);
      else setTimeout(() => answer(socket, head), faults.msServe); // the same for all, so that answers keep their order
    });
  };

  function answer(socket: Socket, head: JsonObject): void {
    const request = String(head.request);
    switch (head.op) {
      case "meta":
        sendFrame(socket, served.meta());
        break;
      case "heartbeat":
        served.heartbeat(request);
        break;
      case "cancel":
        served.cancel(request);
        break;
      case "done":
        served.done(request);
        sendFrame(socket, { ok: true });
        break;
      case "take":
        void send(socket, String(head.name));
        break;
      case "read":
        read(socket, Array.isArray(head.blocks) ? head.blocks.map(Number) : []);
        break;
      default:
        log.warning("side_channel.py", `Unexpected message on the side channel: ${String(head.op)}`);
    }
  }

  async function send(socket: Socket, name: string): Promise<void> {
    const blocks = await served.take?.(name);
    if (blocks === undefined) sendFrame(socket, { error: "Timeout waiting for P side ready." });
    else {
      read(socket, blocks);
      served.done(name);
    }
  }

  function read(socket: Socket, blocks: readonly number[]): void {
    if (!blocks.every((id) => pool.has(id))) {
      sendFrame(socket, { error: "NIXL_ERR_INVALID_PARAM" });
      return;
    }
    if (faults.serve === "cut") {
      socket.write(Buffer.alloc(4), () => socket.destroy());
      return;
    }
    const bytes = shareOf(served.encode(pool.read(blocks)), served.share);
    if (faults.serve === "alter") bytes.writeUInt8(bytes.readUInt8(0) ^ 1, 0);
    sendFrame(socket, { ok: true }, bytes);
  }
}

const bounds = ({ at, of }: Served["share"]) =>
  [Math.floor((at * TOKEN_BYTES) / of), Math.floor(((at + 1) * TOKEN_BYTES) / of)] as const;

function shareOf(kv: Buffer, share: Served["share"]): Buffer {
  if (share.of === 1) return Buffer.from(kv);
  const [from, to] = bounds(share);
  const tokens = kv.length / TOKEN_BYTES;
  return Buffer.concat(
    Array.from({ length: tokens }, (_, token) => kv.subarray(token * TOKEN_BYTES + from, token * TOKEN_BYTES + to)),
  );
}

/** Puts the shares of all workers together again. */
export function joinShares(shares: readonly Buffer[]): Buffer {
  const [first = Buffer.alloc(0)] = shares;
  if (shares.length === 1) return first;
  const tokens = shares.reduce((sum, share) => sum + share.length, 0) / TOKEN_BYTES;
  const whole = Buffer.alloc(tokens * TOKEN_BYTES);
  shares.forEach((share, at) => {
    const [from, to] = bounds({ at, of: shares.length });
    for (let token = 0; token < tokens; token++)
      share.copy(whole, token * TOKEN_BYTES + from, token * (to - from), (token + 1) * (to - from));
  });
  return whole;
}
