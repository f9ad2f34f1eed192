import type { Json } from "../../topology/topology.ts";
import type { Spot, Voice } from "../remark.ts";
import type { Command } from "../shell/command.ts";
import { plain } from "../shell/text.ts";
import { isMap } from "./flags.ts";
import { optionsOf } from "./options.ts";

/** `mooncake_master`: what of it `kv.transfer.master` has. */
export interface Master {
  readonly at: Spot;
  readonly keys: Readonly<Record<string, string>>;
}

const masterKeys = new Set([
  ...["port", "metrics_port", "eviction_high_watermark_ratio", "eviction_ratio", "default_kv_lease_ttl", "client_ttl"],
  ...["rpc_thread_num", "enable_metric_reporting", "allocation_strategy", "memory_allocator"],
]);

export function readMaster({ fields, at }: Command, voice: Voice): Master | undefined {
  const place = fields.findIndex(({ text }) => /(^|\/)mooncake_master$/.test(text));
  if (place < 0) return undefined;
  const keys: Record<string, string> = {};
  for (const { name, flag, values } of optionsOf(fields.slice(place + 1)).options) {
    const key = name.replaceAll("-", "_").replace(/^rpc_port$/, "port");
    if (masterKeys.has(key)) {
      keys[key] = values[0]?.text ?? "true";
      voice.kept(flag.at, flag.text, `kv.transfer.master.${key}`);
    } else
      voice.dropped(
        flag.at,
        [flag.text, ...values.map(({ text }) => text)].join(" "),
        "kv.transfer.master has no such key",
      );
  }
  return { at, keys };
}

/** `vllm bench serve`: its own flags; where it goes to is known. */
export interface Bench {
  readonly at: Spot;
  readonly args: Readonly<Record<string, string | true>>;
}

const answered = new Set(["model", "host", "port", "base-url", "tokenizer"]);

export function readBench({ fields, at }: Command, voice: Voice): Bench | undefined {
  const place = fields.findIndex(({ text }, i) => text === "bench" && /(^|\/)vllm$/.test(fields[i - 1]?.text ?? ""));
  if (place < 0 || fields[place + 1]?.text !== "serve") return undefined;
  const args: Record<string, string | true> = {};
  for (const { name, flag, values } of optionsOf(fields.slice(place + 2)).options) {
    if (answered.has(name)) voice.kept(flag.at, flag.text, "pdctl writes it: the model, and the address of the proxy");
    else {
      args[name] = values.map(({ text }) => text).join(" ") || true;
      voice.kept(flag.at, flag.text, "bench.args");
    }
  }
  return { at, args };
}

/** What is typed by hand beside the cluster, and why it is not needed; undefined: it is not known here. */
export function byHand({ fields, at }: Command, voice: Voice): boolean {
  const [name = ""] = fields.map(({ text }) => text);
  const why = reasons.find(([pattern]) => pattern.test(name))?.[1];
  if (name === "curl") {
    const place = fields.findIndex(({ text }) => /^(-d|--data|--data-raw|--json)$/.test(text));
    const body = fields[place + 1];
    if (place > 0 && body !== undefined && !isMap(json(plain(body.pieces))))
      voice.fault(
        body.at,
        "curl",
        "its body is not JSON once the variables are filled in: the answer would be 400",
        "not carried over",
      );
  }
  if (why === undefined) return false;
  voice.dropped(
    at,
    fields
      .slice(0, 3)
      .map(({ text }) => text)
      .join(" "),
    why,
  );
  return true;
}

function json(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined; // said by the caller
  }
}

const reasons: readonly (readonly [RegExp, string])[] = [
  [/^curl$/, "not needed: pdctl waits for every engine, and smoke asks the cluster"],
  [/^(cd|pushd|popd)$/, "services start in a directory of their own; paths have to be absolute"],
  [/^(echo|printf|cat|ls|tail|date|true|exit)$/, "it only shows something"],
  [/^(sleep|wait|trap|kill|pkill|jobs|disown)$/, "pdctl starts, awaits and stops the services"],
  [/^(set|shopt|ulimit|umask|alias|unset)$/, "a setting of the shell; what engines need goes into engine.prelude"],
  [
    /^(mkdir|rm|cp|mv|ln|chmod|chown|touch|wget|tar|unzip|git|pip3?|uv|apt(-get)?|yum|conda|npm|make|cmake|\.\/.*install.*)$/,
    "a step of the installation: do it by hand, or under setup",
  ],
  [/^(kubectl|helm|helmfile|oc|yq)$/, "Kubernetes: import the values file of the chart"],
  [
    /^(ssh|scp|rsync|sudo|su|tmux|screen|srun|sbatch|mpirun)$/,
    "where and as whom things start is said under nodes and ssh",
  ],
  [
    /^(source|\.)$/,
    "a script that is not here; what engines need of it goes into engine.prelude, or give the file too",
  ],
];
