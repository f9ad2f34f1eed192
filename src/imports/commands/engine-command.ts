import { managedFlags } from "../../engines/managed.ts";
import { hardware as allHardware } from "../../hardware/index.ts";
import type { Json } from "../../topology/topology.ts";
import type { Voice } from "../remark.ts";
import { roleIn } from "../role.ts";
import type { Command } from "../shell/command.ts";
import type { Field } from "../shell/text.ts";
import type { At, Engine, Group, Variable } from "./engine.ts";
import { readEnv } from "./environment.ts";
import { isMap, parsed, readFlags } from "./flags.ts";
import { writtenPort } from "./written-port.ts";

/** The words behind `vllm serve`, or behind the module that does the same; undefined: another program. */
export function serveWords(fields: readonly Field[]): readonly Field[] | undefined {
  const texts = fields.map(({ text }) => text);
  const vllm = texts.findIndex((text) => /(^|\/)vllm$/.test(text));
  if (vllm >= 0 && texts[vllm + 1] === "serve") return fields.slice(vllm + 2);
  const module = texts.findIndex((text) => /^vllm\.entrypoints\.openai\.api_server$/.test(text));
  return module > 0 && texts[module - 1] === "-m" ? fields.slice(module + 1) : undefined;
}

/** Flags that the plan writes itself, or that have a key of their own. */
const OWN = new Set([
  ...["model", "model-tag", "served-model-name", "tokenizer", "host", "port", "kv-transfer-config", "headless"],
  ...[
    "tensor-parallel-size",
    "pipeline-parallel-size",
    "prefill-context-parallel-size",
    "decode-context-parallel-size",
  ],
  ...["data-parallel-size", "data-parallel-size-local", "data-parallel-rank", "data-parallel-start-rank"],
  ...["data-parallel-address", "data-parallel-rpc-port", "data-parallel-hybrid-lb", "data-parallel-external-lb"],
  ...["enable-expert-parallel", "nnodes", "node-rank", "master-addr", "master-port"],
]);

/** One engine of a source: its command line and environment taken apart. */
export function readEngine(command: Command, words: readonly Field[], voice: Voice): Engine {
  const { flags, words: rest } = readFlags(words, voice);
  for (const [name, { at }] of flags) voice.kept(at, `--${name}`, managedFlags.get(name) ?? "args");
  const text = (name: string): string | undefined => {
    const value = flags.get(name)?.value;
    return typeof value === "string"
      ? value
      : Array.isArray(value) && typeof value[0] === "string"
        ? value[0]
        : undefined;
  };
  const number = (name: string): number | undefined => {
    const written = text(name);
    return written !== undefined && /^\d+$/.test(written) ? Number(written) : undefined;
  };
  const at = (name: string) => flags.get(name)?.at ?? command.at;
  const kv = transfer(flags.get("kv-transfer-config"), voice);
  const env = readEnv(command.env, voice);
  const hardware = env.hardware ?? deviceOf(kv);
  const address = text("data-parallel-address") ?? text("master-addr");
  const leader =
    lead(number, flags) && address !== undefined ? { value: address, at: at("data-parallel-address") } : undefined;
  const machine = env.machine === undefined || isOpen(env.machine.value) ? (leader ?? env.machine) : env.machine;
  const host = text("host");
  const role = roleIn(kv?.value["kv_role"], command.hint);
  const servedName = text("served-model-name");
  const tokenizer = text("tokenizer");
  const model = modelOf(flags, rest, command, voice);
  return {
    at: command.at,
    ...(role !== undefined && { role }),
    ...(model !== undefined && { model }),
    ...(servedName !== undefined && { servedName }),
    ...(tokenizer !== undefined && { tokenizer }),
    ...(host !== undefined && { host: { value: host, at: at("host") } }),
    port: { value: writtenPort(text("port"), 8000, at("port"), voice), at: at("port") },
    ...(machine !== undefined && { machine }),
    group: group(
      number,
      flags,
      address === undefined ? undefined : { value: address, at: at("data-parallel-address") },
    ),
    args: plainArgs(flags, voice),
    env: env.rest,
    secrets: env.secrets,
    ...(kv !== undefined && { kv }),
    ...(hardware !== undefined && { hardware }),
    ...(env.devices !== undefined && { devices: env.devices }),
    ...(env.nic !== undefined && { nic: env.nic }),
    ...(env.seed !== undefined && { seed: env.seed }),
    ...(env.layout !== undefined && { layout: env.layout }),
    ...(env.sideChannel !== undefined && { sideChannel: env.sideChannel }),
  };
}

type Flags = ReadonlyMap<string, At<Json>>;
type Numbers = (name: string) => number | undefined;

function modelOf(flags: Flags, rest: readonly Field[], command: Command, voice: Voice): At<string> | undefined {
  const [first, ...more] = rest;
  const named = flags.get("model") ?? flags.get("model-tag");
  for (const word of more) voice.dropped(word.at, word.text, "vllm serve takes one word that is no flag, the model");
  if (first !== undefined && named !== undefined)
    voice.fault(
      named.at,
      "--model",
      "the model is named twice, which vLLM's parser refuses; it stands once, as the word behind serve",
    );
  if (first !== undefined) return { value: first.text, at: first.at };
  if (typeof named?.value === "string") return { value: named.value, at: named.at };
  voice.missing(command.at, "vllm serve", "no model is named");
  return undefined;
}

function group(number: Numbers, flags: Flags, address: At<string> | undefined): Group {
  const one = (name: string, key: string) => {
    const value = number(name);
    return value === undefined ? {} : { [key]: value };
  };
  const has = (name: string) => flags.get(name)?.value === true;
  const expert = flags.get("enable-expert-parallel")?.value;
  const [start, dpLocal] = [number("data-parallel-start-rank"), number("data-parallel-size-local")];
  return {
    tp: number("tensor-parallel-size") ?? 1,
    pp: number("pipeline-parallel-size") ?? 1,
    pcp: number("prefill-context-parallel-size") ?? 1,
    dcp: number("decode-context-parallel-size") ?? 1,
    dp: number("data-parallel-size") ?? 1,
    ...one("data-parallel-size-local", "dpLocal"),
    ...one("data-parallel-rank", "rank"),
    ...one("data-parallel-start-rank", "start"),
    ...(address !== undefined && { address }),
    ...one("data-parallel-rpc-port", "rpcPort"),
    hybrid: has("data-parallel-hybrid-lb") || ((start ?? 0) > 0 && dpLocal !== undefined && !has("headless")),
    external: has("data-parallel-external-lb") || number("data-parallel-rank") !== undefined,
    headless: has("headless"),
    ...(typeof expert === "boolean" && { expertParallel: expert }),
    nnodes: number("nnodes") ?? 1,
    nodeRank: number("node-rank") ?? 0,
    ...one("master-port", "masterPort"),
  };
}

const isOpen = (value: string): boolean => /[⟨$]/.test(value);

/** Whether the address of its group is its own. */
const lead = (number: Numbers, flags: Flags): boolean =>
  (number("data-parallel-rank") ?? number("data-parallel-start-rank") ?? 0) === 0 &&
  (number("node-rank") ?? 0) === 0 &&
  flags.get("headless")?.value !== true;

function transfer(flag: At<Json> | undefined, voice: Voice): Engine["kv"] {
  if (flag === undefined) return undefined;
  const value = typeof flag.value === "string" ? parsed(flag.value) : flag.value;
  if (isMap(value)) return { value, at: flag.at };
  voice.missing(flag.at, "--kv-transfer-config", "it is not JSON: how KV moves is not known");
  return undefined;
}

function plainArgs(flags: Flags, voice: Voice): Engine["args"] {
  const args = new Map<string, At<Json>>();
  for (const [name, { value, at }] of flags) {
    if (OWN.has(name)) continue;
    if (value === "None") voice.fault(at, `--${name} None`, "it means that the flag is not set", "not carried over");
    else args.set(name, { value, at });
  }
  return args;
}

/** The accelerator whose own buffer device the connector is told. */
function deviceOf(kv: Engine["kv"]): string | undefined {
  const named = kv?.value["kv_buffer_device"];
  if (named === undefined || named === "cuda" || named === "cpu") return undefined; // ROCm says cuda too
  return [...allHardware.values()].find(
    ({ family, name, kvBufferDevices }) => family === name && kvBufferDevices[0] === named,
  )?.name;
}

export type { Variable };
