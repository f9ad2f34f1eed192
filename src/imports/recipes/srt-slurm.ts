import type { Role } from "../../topology/topology.ts";
import type { Placed } from "../documents/yaml-places.ts";
import type { Spot, Voice } from "../remark.ts";
import type { GivenNode } from "../setup.ts";
import type { Field, Text } from "../shell/text.ts";
import { some } from "../topology/transfer.ts";
import type { Started } from "./started.ts";

const engineOf = (root: Placed): Placed => (root.get("engine").there ? root.get("engine") : root.get("backend"));

export const isSrtSlurm = (root: Placed): boolean => root.get("resources").there && engineOf(root).get("type").there;

/** What a worker gets from the recipe: the older form has it under backend, the newer under roles. */
const argsOf = (root: Placed, role: Role): Placed => {
  const newer = root.get("roles").get(role).get("args");
  return newer.there ? newer : engineOf(root).get("vllm_config").get(role);
};
const envOf = (root: Placed, role: Role): Placed => {
  const newer = root.get("roles").get(role).get("env");
  return newer.there ? newer : engineOf(root).get(`${role}_environment`);
};
const kinds: Readonly<Record<string, string>> = {
  gb200: "gb200",
  h100: "cuda",
  h200: "cuda",
  b200: "cuda",
  b300: "cuda",
  gb300: "gb200",
  mi300x: "mi300x",
};
const counted = new Set([
  "gpu_type",
  "gpus_per_node",
  "prefill_nodes",
  "decode_nodes",
  "prefill_workers",
  "decode_workers",
  "gpus_per_prefill",
  "gpus_per_decode",
]);

/** Recipes of srt-slurm with the vLLM backend: workers over the machines of each role, one process per machine. Source: its backends/vllm.py. */
export function srtSlurmStarts(
  root: Placed,
  { nodes }: { readonly nodes: readonly GivenNode[] },
  voice: Voice,
): readonly Started[] {
  const kind = engineOf(root).get("type");
  if (kind.text !== "vllm") {
    voice.missing(kind.at, `type: ${kind.text}`, "only recipes for vLLM become a topology");
    return [];
  }
  said(root, voice);
  return (["prefill", "decode"] as const).flatMap((role) => workers(root, role, nodes, voice)).concat(load(root));
}

function said(root: Placed, voice: Voice): void {
  const why: Readonly<Record<string, string>> = {
    dynamo: "pdctl's own proxy stands in the place of Dynamo",
    frontend: "pdctl's own proxy stands in its place",
    health_check: "pdctl waits for every engine's own health: timeouts.ready",
    setup_script: "a step of the machine: write it under setup",
    slurm: "pdctl runs inside an allocation, or without one",
    name: "--name says it",
  };
  for (const part of root.entries) {
    if (part.key in why) voice.dropped(part.at, part.key, why[part.key] ?? "");
    else if (!["model", "resources", "backend", "engine", "roles", "benchmark"].includes(part.key))
      voice.dropped(part.at, part.key, "a topology has no such thing");
  }
  for (const part of root.get("resources").entries)
    if (counted.has(part.key)) voice.kept(part.at, part.key, "instances, parallel, and the nodes of each role");
    else voice.dropped(part.at, part.key, "devices follow from parallel");
  for (const part of root.get("model").entries)
    if (part.key === "path" || part.key === "container")
      voice.kept(
        part.at,
        part.key,
        part.key === "path" ? "model: where it is a name of your recipes, write its path" : "runtime.image",
      );
    else voice.dropped(part.at, part.key, "the model's own config says it");
  for (const part of engineOf(root).entries)
    if (!["type", "vllm_config", "prefill_environment", "decode_environment", "connector"].includes(part.key))
      voice.dropped(part.at, part.key, "a topology has no such key");
  for (const part of root.get("benchmark").entries)
    if (["isl", "osl", "req_rate"].includes(part.key)) voice.kept(part.at, part.key, "bench.args");
    else voice.dropped(part.at, part.key, "bench takes the flags of vllm bench serve");
}

const word = (text: string, at: Spot): Field => ({ text, at, pieces: [{ text, at }] });

function workers(root: Placed, role: Role, nodes: readonly GivenNode[], voice: Voice): readonly Started[] {
  const resources = root.get("resources");
  const number = (key: string) => Number(resources.get(key).text ?? 0);
  const args = argsOf(root, role);
  const flag = (name: string) => Number(args.entries.find(({ key }) => key.replaceAll("_", "-") === name)?.text ?? 1);
  const [count, machines, each] = [number(`${role}_workers`), number(`${role}_nodes`), number("gpus_per_node")];
  if (count === 0) return [];
  const own = nodes.filter((node) => node.role === role);
  if (own.length < machines)
    voice.missing(
      resources.get(`${role}_nodes`).at,
      `${role}_nodes: ${machines}`,
      `SLURM chose the machines: name ${machines} with --node NAME=HOST,role=${role}`,
    );
  const size = flag("tensor-parallel-size") * flag("pipeline-parallel-size");
  const dp = flag("data-parallel-size");
  const span = Math.max(1, machines / count);
  const local = Math.max(1, Math.floor(each / size));
  const base = words(root, args, role, voice);
  const env = new Map<string, { text: Text; at: Spot }>(
    envOf(root, role).entries.map(({ key, text = "", at }) => [key, { text: [{ text, at }], at }]),
  );
  const gpu = resources.get("gpu_type").text ?? "";
  const image = root.get("model").get("container").text;
  return Array.from({ length: count }, (_, i) => i).flatMap((i) =>
    Array.from({ length: dp > 1 || size > each ? span : 1 }, (_unused, k): Started => {
      const leader = own[Math.floor(i * (machines / count))];
      const machine = own[Math.floor(i * (machines / count)) + k];
      const at = args.at;
      const more =
        dp > 1 && span > 1
          ? [
              "--data-parallel-size-local",
              String(local),
              "--data-parallel-hybrid-lb",
              "--data-parallel-address",
              leader?.host ?? "",
              ...(k > 0 ? ["--data-parallel-start-rank", String(k * local)] : []),
            ]
          : [];
      const wide =
        dp === 1 && span > 1
          ? [
              "--nnodes",
              String(span),
              "--node-rank",
              String(k),
              "--master-addr",
              leader?.host ?? "",
              ...(k > 0 ? ["--headless"] : []),
            ]
          : [];
      const hardware = kinds[gpu.toLowerCase()];
      return {
        command: {
          fields: [...base, ...[...more, ...wide].map((text) => word(text, at))],
          env,
          at,
          to: args.entries.at(-1)?.at.line ?? at.line,
          sink: [],
          hint: [role],
          directory: "",
        },
        extras: {
          role,
          sideChannel: 5600,
          ...(machine !== undefined && { machine: machine.name }),
          ...(hardware !== undefined && { hardware }),
          ...(image !== undefined && {
            runtime: { value: some({ kind: "docker", image }), at: root.get("model").get("container").at },
          }),
        },
      };
    }),
  );
}

/** Flags that the launcher takes out and writes itself. */
const owned = new Set([
  "headless",
  "host",
  "port",
  "master-addr",
  "nnodes",
  "node-rank",
  "connector",
  "data-parallel-size-local",
  "data-parallel-start-rank",
  "data-parallel-address",
  "data-parallel-hybrid-lb",
]);

function words(root: Placed, args: Placed, role: Role, voice: Voice): readonly Field[] {
  const path = root.get("model").get("path");
  const kv = args.entries.some(({ key }) => key.replaceAll("_", "-") === "kv-transfer-config");
  const connector = args.get("connector").text ?? engineOf(root).get("connector").text ?? "nixl";
  const flags = args.entries.flatMap(({ key, text, at }): readonly Field[] => {
    const name = key.replaceAll("_", "-");
    if (owned.has(name)) {
      voice.dropped(at, name, "srt-slurm takes it out too: it follows from the machines");
      return [];
    }
    if (text === "false") return [word(`--no-${name}`, at)];
    return [word(`--${name}`, at), ...(text === "true" || text === undefined ? [] : [word(text, at)])];
  });
  if (!kv && connector !== "nixl")
    voice.missing(args.at, `connector: ${connector}`, `this connector of ${role} cannot be imported yet`);
  const nixl = kv
    ? []
    : ["--kv-transfer-config", '{"kv_connector":"NixlConnector","kv_role":"kv_both"}'].map((text) =>
        word(text, args.at),
      );
  return [
    word("vllm", args.at),
    word("serve", args.at),
    word((path.text ?? "").replace(/^hf:/, ""), path.at),
    ...flags,
    ...nixl,
  ];
}

function load(root: Placed): readonly Started[] {
  const bench = root.get("benchmark");
  const pairs: readonly (readonly [string, string])[] = [
    ["isl", "random-input-len"],
    ["osl", "random-output-len"],
    ["req_rate", "request-rate"],
  ];
  const flags = pairs.flatMap(([key, name]) =>
    bench.get(key).text === undefined
      ? []
      : [word(`--${name}`, bench.get(key).at), word(bench.get(key).text ?? "", bench.get(key).at)],
  );
  if (flags.length === 0) return [];
  const fields = [
    ...["vllm", "bench", "serve", "--dataset-name", "random"].map((text) => word(text, bench.at)),
    ...flags,
  ];
  return [
    {
      command: { fields, env: new Map(), at: bench.at, to: bench.at.line, sink: [], hint: [], directory: "" },
      extras: {},
    },
  ];
}
