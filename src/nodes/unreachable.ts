import { UserError } from "../errors.ts";

/** Called before a connection is tried: makes the error of one that did not come about, with the milliseconds since then. */
export function unreachableSince(node: string, host: string, port: number) {
  const began = performance.now();
  return (why: string, options?: ErrorOptions): Error => {
    const afterMs = Math.round(performance.now() - began);
    return new UserError("node.unreachable", { node, address: `${host}:${port}`, afterMs, why }, options);
  };
}
