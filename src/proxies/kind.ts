import type { Target } from "../proxy/config.ts";
import type { Path } from "../topology/rule.ts";
import type { Args, ProxyChoice } from "../topology/topology.ts";

export type Policy = ProxyChoice["prefillPolicy"];

/**
 * One program that can stand between the clients and the engines, as data: what starts it, what it is told, how it says that it is
 * well, and what of the topology it cannot do. Pure; addresses and ports come in as values. Source: launch.md §3.12, proxy-protocols.md.
 */
export interface ProxyKind {
  readonly name: ProxyChoice["kind"];
  /** What starts it where `proxy.command` is not written; null: a script that lies somewhere, and only the user knows where. */
  readonly command: readonly string[] | null;
  /** Connectors whose protocol it speaks. */
  readonly speaks: readonly string[];
  /** Answers 200 once it listens; only pdctl's own and vllm-router's look at the engines before they say so. */
  readonly health: string;
  /** The topology's policies in its own words; one that is not here it cannot follow. */
  readonly policies: Readonly<Partial<Record<Policy, string>>>;
  /** Keys of `proxy` that change nothing with this kind, and why. */
  readonly ignores: Readonly<Partial<Record<"policy" | "pd_min_prompt_tokens" | "max_concurrent", string>>>;
  /** Its flags in every spelling, without dashes → the key that decides it. A user does not write them. */
  readonly managed: Readonly<Record<string, string>>;
  /** What it is told, in the order of its own documents; undefined: pdctl's own, which reads a file. */
  readonly flags?: (ask: FlagAsk) => readonly Flag[];
  /** Listeners besides HTTP; the user's own arguments may move them. */
  readonly listens: (
    args: Args,
  ) => readonly { readonly port: number; readonly bind: string; readonly purpose: string }[];
  /** What each request has to carry for both legs to happen. */
  readonly headers?: (targets: readonly Target[]) => Readonly<Record<string, string>>;
}

export interface FlagAsk {
  readonly proxy: ProxyChoice;
  readonly bind: string;
  readonly targets: readonly Target[];
  /** How long engines may load. */
  readonly readyMs: number;
  readonly transfer: TransferAsk;
}

/** What a proxy that looks engines up is told of their connector. */
export interface TransferAsk {
  readonly connector: string;
  /** Endpoint of prefill → port of the bootstrap server that its engine keeps. */
  readonly bootstraps: ReadonlyMap<string, number>;
  /** The port at which engines say where they are. */
  readonly discovery?: number;
}

export interface Flag {
  /** Without dashes. A user's own argument of this name, or of one of `also`, takes its place. */
  readonly name: string;
  readonly also?: readonly string[];
  /** None: the flag alone. */
  readonly values: readonly string[];
  /** Said again before each value. */
  readonly repeat?: boolean;
  readonly why: string;
  readonly paths: readonly Path[];
}

/** Of the endpoints of one role, in their order. */
export const endpoints = (targets: readonly Target[], role: Target["role"]): readonly string[] =>
  targets.filter((target) => target.role === role).map(({ url }) => url);

/** Host and port of an endpoint, also of one whose address only the nodes will tell (`http://<fact:ip@n1>:8100`), which is no URL yet. */
export function addressOf(url: string): { readonly hostname: string; readonly port: string } {
  const [, hostname = "", port = "80"] = /^http:\/\/(.*?)(?::(\d+))?$/.exec(url) ?? [];
  return { hostname, port };
}

/** Where it listens; every kind has these two. */
export const listening = ({ proxy, bind }: FlagAsk): readonly [host: Flag, port: Flag] => [
  { name: "host", values: [bind], why: "proxy.bind", paths: [["proxy", "bind"]] },
  { name: "port", values: [String(proxy.port)], why: "proxy.port", paths: [["proxy", "port"]] },
];
