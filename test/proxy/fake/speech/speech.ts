import type { ProxyConfig, Target } from "../../../../src/proxy/config.ts";
import type { Arrival, Check } from "../checks.ts";
import type { FakeEngine } from "../engine.ts";
import { rawOf } from "../raw-json.ts";
import type { Handle } from "../registry.ts";

/** What the engines of one connector say to each other and to the proxy, and what they check of what they are told. */
export interface Speech {
  /** The proxy's part. */
  readonly config: Partial<ProxyConfig>;
  /** What the proxy is told of one engine. */
  readonly target?: (engine: FakeEngine) => Partial<Target>;
  /** Of kv_transfer_params at prefill: P1, P2, P14 and the connector's own. */
  readonly prefill: Check;
  /** Of kv_transfer_params at decode, where both legs serve the request: D1 to D5, D10 to D12 and the connector's own. */
  readonly decode: Check;
  /** kv_transfer_params in prefill's answer; none: null, as of an engine that hands out nothing. */
  readonly ticket?: (holder: Holder) => string;
  /** Prefill keeps its KV only where it ended by length. */
  readonly needsLength: boolean;
  /** KV lies in a store by its content. */
  readonly stores?: boolean;
  /** Where prefill sends the KV itself. */
  readonly sends?: Sends;
}

export type Holder = Pick<Handle, "blocks" | "engineId" | "requestId"> & { readonly arrival: Arrival };

/** How two legs that run at once find each other. */
export interface Sends {
  /** The name of the transfer, which both know. */
  readonly meet: (arrival: Arrival) => string;
  /** By the request's id, which therefore has to be another one every time. */
  readonly pairsById?: true;
  /** When prefill begins to write. */
  readonly writes: "during" | "after";
  /** What is wrong with two that have met. */
  readonly pair: (prefill: Arrival, decode: Arrival) => Generator<readonly [id: string, detail: string]>;
  /** What decode does when it has taken memory for a request. */
  readonly taken?: (decode: Arrival) => Promise<void>;
}

/** Of the request's kv_transfer_params; undefined where they are no object. */
export function paramsOf({ members }: Arrival): Readonly<Record<string, unknown>> | undefined {
  const raw = rawOf(members, "kv_transfer_params");
  const value: unknown = raw === undefined ? undefined : JSON.parse(raw);
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}

/** The keys are exactly these: what a connector is not told it does not need, and what it reads and lacks kills its engine. */
export function* keysAre(
  id: string,
  params: Readonly<Record<string, unknown>> | undefined,
  keys: readonly string[],
): Generator<readonly [id: string, detail: string]> {
  const found = new Set(Object.keys(params ?? {}));
  const wrong = [...keys.filter((key) => !found.has(key)), ...[...found].filter((key) => !keys.includes(key))];
  if (wrong.length > 0) yield [id, `kv_transfer_params with or without ${wrong.join()}`];
}

/** P1 and D1 where the proxy makes the parameters. */
export function* flagsAre(
  id: string,
  params: Readonly<Record<string, unknown>> | undefined,
  side: "prefill" | "decode",
): Generator<readonly [id: string, detail: string]> {
  if (params?.["do_remote_decode"] !== (side === "prefill") || params["do_remote_prefill"] !== (side === "decode"))
    yield [id, `kv_transfer_params ${JSON.stringify(params)}`];
}

export const rankOf = ({ req }: Arrival): number => Number(req.headers["x-data-parallel-rank"] ?? 0);

/** Both legs of an attempt carry one id, X1. */
export function* sameId(prefill: Arrival, decode: Arrival): Generator<readonly [id: string, detail: string]> {
  if (prefill.id !== decode.id) yield ["X1", `${prefill.id} at prefill, ${decode.id} at decode`];
}
