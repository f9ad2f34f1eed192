import { z } from "zod";
import { args, atLeastOne, command, deviceIds, env, line, nameUpTo, nodeNames, port, words } from "./words.ts";

export const parallel = z.strictObject({
  tp: atLeastOne.optional(),
  pp: atLeastOne.optional(),
  pcp: atLeastOne.optional(),
  dcp: atLeastOne.optional(),
  dp: atLeastOne.optional(),
  dp_local: z.union([atLeastOne, z.array(atLeastOne).min(1)]).optional(),
  dp_lb: z.enum(["internal", "hybrid", "external"]).optional(),
  expert_parallel: z.boolean().optional(),
  rpc_port: port.optional(),
  master_port: port.optional(),
});

export const runtime = z.strictObject({
  kind: z.enum(["process", "systemd", "docker", "podman"]).optional(),
  scope: z.enum(["user", "system"]).optional(),
  image: line.optional(),
  pull: z.enum(["missing", "always", "never"]).optional(),
  container: line.optional(),
  privileged: z.boolean().optional(),
  cap_add: z.array(line).optional(),
  mounts: z.array(line).optional(),
  options: words.optional(),
});

/** Releases of what the engines run, for a plan that is made before the nodes are asked; a number counts as it is written. */
const release = z.union([z.string().regex(/^v?\d+\.\d+/), z.number()]);
export const versions = z.strictObject({
  vllm: release.optional(),
  "vllm-ascend": release.optional(),
  "vllm-gaudi": release.optional(),
  nixl: release.optional(),
  rixl: release.optional(),
  mooncake: release.optional(),
  ucm: release.optional(),
});

const engineKeys = {
  kind: z.enum(["vllm", "sim"]).optional(),
  versions: versions.optional(),
  command: command.optional(),
  venv: line.optional(),
  runtime: runtime.optional(),
  bind: line.optional(),
  port: port.optional(),
  kv_events_port: port.optional(),
  vllm_port: port.optional(),
  kv_layout: z.enum(["HND", "NHD"]).optional(),
  parallel: parallel.optional(),
  args: args.optional(),
  argv: words.optional(),
  env: env.optional(),
  prelude: z.string().optional(),
};
export const engine = z.strictObject(engineKeys);

/** First ports of the connectors' spans, pinned for a role or an instance; which connector knows which is checked later. */
export const portPins = ["kv_port", "side_channel_port", "bootstrap_port", "handshake_port", "notify_port"] as const;
const seat = {
  devices: deviceIds.optional(),
  placement: z.enum(["pack", "spread"]).optional(),
  kv_port: port.optional(),
  side_channel_port: port.optional(),
  bootstrap_port: port.optional(),
  handshake_port: port.optional(),
  notify_port: port.optional(),
};

const LONGEST_INSTANCE = 12; // with "prefill-" before and a process number behind: at most 24, as side services

/** One of several instances that differ: any key of the role, its name, and how many of it. */
export const instance = z.strictObject({
  name: nameUpTo(LONGEST_INSTANCE).optional(),
  nodes: nodeNames.optional(),
  count: atLeastOne.optional(),
  ...engineKeys,
  ...seat,
});
export type InstanceEntry = z.infer<typeof instance>;

export const role = z.strictObject({
  nodes: nodeNames.optional(),
  instances: z.union([atLeastOne, z.array(instance).min(1)]).optional(),
  ...engineKeys,
  ...seat,
});
export type RoleKeys = z.infer<typeof role>;
