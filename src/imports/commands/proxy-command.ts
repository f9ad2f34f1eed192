import type { ProxyChoice } from "../../topology/topology.ts";
import type { Spot, Voice } from "../remark.ts";
import type { Command } from "../shell/command.ts";
import type { At } from "./engine.ts";
import { type Option, optionsOf } from "./options.ts";
import { writtenPort } from "./written-port.ts";

/** Where vLLM listens when nothing says otherwise. */
const USUAL = 8000;

export interface Endpoint {
  readonly machine: string;
  readonly port: number;
  readonly at: Spot;
}

/** The program between clients and engines, as a source starts it. */
export interface FoundProxy {
  readonly at: Spot;
  readonly kind: ProxyChoice["kind"];
  readonly command: readonly string[];
  readonly host?: At<string>;
  readonly port: number;
  readonly prefill: readonly Endpoint[];
  readonly decode: readonly Endpoint[];
  readonly policy?: At<string>;
  readonly maxConcurrent?: number;
  /** Flags that pdctl's own proxy does not have. */
  readonly rest: readonly Option[];
}

const scripts: readonly (readonly [RegExp, ProxyChoice["kind"]])[] = [
  [/load_balance_proxy_layerwise_server\w*\.py$/, "ascend-layerwise"],
  [/load_balance_proxy_server\w*\.py$/, "ascend"],
  [/(ucm|unified-cache-management).*toy_proxy_server\.py$/, "ucm-toy"],
  [/toy_proxy_server\.py$/, "vllm-toy"],
  [/(^|\/)vllm-router$/, "vllm-router"],
];

/** Undefined: it is no proxy that is known here. */
export function readProxy({ fields, at, directory }: Command, voice: Voice): FoundProxy | undefined {
  const place = fields.findIndex(({ text }) => scripts.some(([pattern]) => pattern.test(text)));
  const router =
    fields.some(({ text }) => text === "--vllm-pd-disaggregation") ||
    fields.some(({ text }) => text === "--pd-disaggregation");
  if (place < 0 && !router) return undefined;
  const program = fields[place]?.text ?? "";
  const { options } = optionsOf(fields.slice((place < 0 ? fields.findIndex(({ text }) => text === "--") : place) + 1));
  const has = (name: string) => options.some((option) => option.name === name);
  const ucm = has("pd-disaggregation") || /unified-cache-management|\bucm\b/i.test(directory);
  const named =
    scripts.find(([pattern]) => pattern.test(program))?.[1] ??
    (has("vllm-pd-disaggregation") ? "vllm-router" : "ucm-toy");
  const kind = named === "vllm-toy" && ucm ? "ucm-toy" : named;
  const known = kind === "vllm-router" ? urlLists(options) : lists(options, at, voice);
  const taken = new Set(["host", "port", "policy", "max-concurrent-requests", ...known.names]);
  const value = (name: string): At<string> | undefined => {
    const found = options.find((option) => option.name === name);
    const first = found?.values[0];
    return first === undefined ? undefined : { value: first.text, at: first.at };
  };
  const [host, policy, most] = [value("host"), value("policy"), value("max-concurrent-requests")];
  if (host === undefined && kind !== "vllm-router")
    voice.fault(
      at,
      program.split("/").at(-1) ?? kind,
      "without --host it listens on 127.0.0.1, where other machines do not reach it; pdctl's listens on all addresses",
    );
  if (kind === "ucm-toy" && !has("pd-disaggregation"))
    voice.fault(
      at,
      "toy_proxy_server.py",
      "without --pd-disaggregation it ignores both lists and sends everything to localhost:8100; pdctl sends each request over both legs",
    );
  for (const { name, flag, values } of options) {
    if (!taken.has(name)) continue;
    voice.kept(flag.at, [flag.text, ...values.map(({ text }) => text)].join(" "), "the endpoints, or a key of proxy");
  }
  return {
    at,
    kind,
    command: fields.slice(0, place + 1).map(({ text }) => text),
    ...(host !== undefined && { host }),
    port: writtenPort(value("port")?.value, kind === "vllm-router" ? 30_000 : 8000, value("port")?.at ?? at, voice),
    prefill: known.prefill,
    decode: known.decode,
    ...(policy !== undefined && { policy }),
    ...(most !== undefined && { maxConcurrent: Number(most.value) }),
    rest: options.filter(({ name }) => !taken.has(name)),
  };
}

interface Known {
  readonly prefill: readonly Endpoint[];
  readonly decode: readonly Endpoint[];
  readonly names: readonly string[];
}

/** Two lists for each role, read side by side. */
function lists(options: readonly Option[], at: Spot, voice: Voice): Known {
  const values = (...names: readonly string[]) =>
    options.filter(({ name }) => names.includes(name)).flatMap((option) => option.values);
  const pairs = (role: string): readonly Endpoint[] => {
    const hosts = values(`${role}-hosts`, `${role}-host`);
    const ports = values(`${role}-ports`, `${role}-port`);
    if (hosts.length !== ports.length)
      voice.fault(
        hosts[0]?.at ?? at,
        `--${role}-hosts`,
        `${hosts.length} hosts and ${ports.length} ports: they are read in pairs`,
      );
    return hosts.slice(0, ports.length).map(({ text, at: there }, i) => ({
      machine: text,
      port: writtenPort(ports[i]?.text, USUAL, there, voice),
      at: there,
    }));
  };
  const names = ["prefiller", "decoder"].flatMap((role) => [
    `${role}-hosts`,
    `${role}-host`,
    `${role}-ports`,
    `${role}-port`,
  ]);
  return { prefill: pairs("prefiller"), decode: pairs("decoder"), names: [...names, "pd-disaggregation"] };
}

/** A URL behind each flag. */
function urlLists(options: readonly Option[]): Known {
  const urls = (role: string): readonly Endpoint[] =>
    options
      .filter(({ name }) => name === role)
      .flatMap(({ values }) => values.slice(0, 1))
      .flatMap(({ text, at }) => {
        const [, machine = "", port = "80"] = /^https?:\/\/([^/:]+)(?::(\d+))?/.exec(text) ?? [];
        return machine === "" ? [] : [{ machine, port: Number(port), at }];
      });
  return {
    prefill: urls("prefill"),
    decode: urls("decode"),
    names: ["prefill", "decode", "vllm-pd-disaggregation", "intra-node-data-parallel-size", "kv-connector"],
  };
}
