import { randomBytes } from "node:crypto";
import { Duplex } from "node:stream";
import { untilAborted } from "./abort.ts";
import { afterSentinel, bootCommand, withValues } from "./boot.ts";
import { RELAY } from "./relay.ts";
import type { Running, Transport } from "./transport.ts";

interface RelayAsk {
  readonly host: string;
  readonly port: number;
  readonly unreachable: (why: string) => Error;
  readonly signal: AbortSignal;
}

/** A TCP connection from the node through one of its shells. Costs a channel of the session as long as it is open. */
export async function relayed(
  { exec }: Pick<Transport, "exec">,
  { host, port, unreachable, signal }: RelayAsk,
): Promise<Duplex> {
  const nonce = randomBytes(12).toString("hex");
  const script = withValues(RELAY, { PD_HOST: host, PD_PORT: String(port) }, nonce);
  const relay = await exec(bootCommand(nonce, script.length), signal);
  relay.stdin.on("error", () => undefined); // the connection's own end, told by stdout
  relay.stdin.write(script);
  const chunks = afterSentinel(relay.stdout, nonce);
  const said = text(afterSentinel(relay.stderr, nonce));
  const first = await untilAborted(chunks.next(), signal, () => relay.kill());
  // The first byte says that the connection stands; without it stderr says why not.
  if (first.done) throw unreachable((await said).trim().split(": ").at(-1) ?? "refused");
  return duplex(relay, first.value.subarray(1), chunks);
}

function duplex(relay: Running, first: Buffer, chunks: AsyncGenerator<Buffer, void>): Duplex {
  const stream = new Duplex({
    read() {
      chunks.next().then(
        ({ done, value }) => stream.push(done ? null : value),
        (error: Error) => stream.destroy(error),
      );
    },
    write(chunk: Buffer, _encoding, done) {
      relay.stdin.write(chunk, done);
    },
    final(done) {
      relay.stdin.end(done);
    },
    destroy(error, done) {
      relay.kill();
      done(error);
    },
  });
  if (first.length > 0) stream.unshift(first);
  return stream;
}

async function text(chunks: AsyncIterable<Buffer>): Promise<string> {
  let all = "";
  for await (const chunk of chunks) all += chunk.toString();
  return all;
}
