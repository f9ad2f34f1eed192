import type { Target } from "../proxy/config.ts";
import { addressOf, endpoints, type Flag, type FlagAsk, listening } from "./kind.ts";

const names = { prefill: "prefiller", decode: "decoder" } as const;

/** Hosts and ports of both roles as two lists each that are read side by side, as the Python proxies take them. */
export const hostsAndPorts = (targets: readonly Target[]): readonly Flag[] =>
  (["prefill", "decode"] as const).flatMap((role) => {
    const urls = endpoints(targets, role).map(addressOf);
    const why = `the endpoints of ${role}`;
    const list = (what: "host" | "port", values: readonly string[]): Flag => ({
      name: `${names[role]}-${what}s`,
      also: [`${names[role]}-${what}`],
      values,
      why,
      paths: [[role, "nodes"]],
    });
    return [
      list(
        "host",
        urls.map(({ hostname }) => hostname),
      ),
      list(
        "port",
        urls.map(({ port }) => port),
      ),
    ];
  });

/** All that a script needs that has nothing but an address and the two lists. */
export function portHostAndLists(ask: FlagAsk): readonly Flag[] {
  const [host, port] = listening(ask);
  return [port, host, ...hostsAndPorts(ask.targets)];
}

/** Flags that each of them has. */
export const ownAddress = { host: "proxy.bind", port: "proxy.port" } as const;

export const noBound = "it takes every request at once";
export const alwaysBoth = "it sends every request over both legs";
export const inTurn = "it takes the endpoints in turn";
