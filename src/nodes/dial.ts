import { connect, type Socket } from "node:net";
import { UserError } from "../errors.ts";
import { onAbort } from "./abort.ts";
import type { Hop } from "./route.ts";

/** A TCP connection to a hop's SSH port. Rejects with `node.unreachable`. */
export function dial(node: string, hop: Hop, signal: AbortSignal): Promise<Socket> {
  const began = performance.now();
  const socket = connect({ host: hop.host, port: hop.port, noDelay: true }); // Nagle makes every exec 28 times slower (ecosystem.md §0)
  return new Promise((resolve, reject) => {
    let takeBack: () => void = () => undefined;
    const done = () => {
      clearTimeout(timer);
      takeBack();
      socket.removeAllListeners();
    };
    const fail = (why: string, cause?: Error) => {
      done();
      socket.on("error", () => undefined); // destroyed: nobody listens any more
      socket.destroy();
      const afterMs = Math.round(performance.now() - began);
      reject(new UserError("node.unreachable", { node, address: `${hop.host}:${hop.port}`, afterMs, why }, { cause }));
    };
    const timer = setTimeout(() => fail("no answer"), hop.connectTimeoutMs);
    takeBack = onAbort(signal, () => {
      done();
      socket.on("error", () => undefined);
      socket.destroy();
      reject(signal.reason);
    });
    socket.once("error", (error) => fail(reason(error), error));
    socket.once("connect", () => {
      done();
      resolve(socket);
    });
  });
}

const SAID: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused: no SSH server listens there",
  EHOSTUNREACH: "no route to the host, or it is down",
  ENETUNREACH: "no route to its network",
  ENOTFOUND: "the name is not known",
  EAI_AGAIN: "the name server does not answer",
  ETIMEDOUT: "no answer",
};

function reason(error: Error): string {
  const inner = error instanceof AggregateError ? error.errors[0] : error;
  const code = inner instanceof Error && "code" in inner ? String(inner.code) : "";
  return SAID[code] ?? (inner instanceof Error ? inner.message : String(inner));
}
