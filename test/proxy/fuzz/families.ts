import type { ProxyConfig, Target } from "../../../src/proxy/config.ts";
import type { Role } from "./case.ts";

/**
 * relay: prefill's ticket goes to decode; relay-cached: so it does, and decode's count of cached tokens is put right; shared-store: nothing goes;
 * the others: both legs at once, each told of the other.
 */
export const FAMILIES = ["relay", "shared-store", "relay-cached", "mooncake", "nixl-push", "moriio-write"] as const;
export type FuzzFamily = (typeof FAMILIES)[number];

export const carriesTicket = (family: FuzzFamily) => family === "relay" || family === "relay-cached";
export const isTogether = (family: FuzzFamily) => family !== "shared-store" && !carriesTicket(family);

/** How the proxy is told of it. */
export const settingsOf = (family: FuzzFamily): Pick<ProxyConfig, "family" | "correct_cached_tokens"> =>
  family === "relay-cached" ? { family: "relay" } : { family, correct_cached_tokens: false };

/** An engine as the config of its family names it. */
export function targetOf(family: FuzzFamily, role: Role, url: string): Target {
  const plain = { url, role, slots: 1 };
  const split = { host: "10.0.0.7", tp_size: 1 };
  if (family === "nixl-push" && role === "prefill")
    return { ...plain, nixl: { ...split, pp_size: 1, ranks: [{ engine_id: "e-0", port: 5600 }] } };
  if (family === "moriio-write")
    return { ...plain, moriio: { ...split, handshake_port: 6301, notify_port: 61005, dp_size: 1 } };
  return family === "mooncake" && role === "prefill" ? { ...plain, bootstrap_url: url } : plain;
}

/** What an engine says at its pages: as a bootstrap server of Mooncake, the name of its one rank. */
export const PAGE = '{"0":{"engine_id":"e-0","worker_addr":{}}}';
