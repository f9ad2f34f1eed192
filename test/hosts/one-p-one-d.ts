import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Host } from "./host.ts";
import { launcher } from "./launcher.ts";
import type { HostSpec } from "./spec.ts";

/** Two hosts: prefill and the proxy's clients on one, decode on the other; stand-in engines on real ports. */
export const two: readonly HostSpec[] = [
  { name: "n0", ip: "10.0.5.10" },
  { name: "n1", ip: "10.0.5.11" },
];

export interface Choices {
  readonly hosts?: readonly HostSpec[];
  /** The nodes in the other order: another one is the plan's first. */
  readonly reversed?: boolean;
  /** Default: the name. */
  readonly file?: string;
  /** Faults of the stand-in, by service (src/sim/faults.ts). */
  readonly faults?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly prefill?: string;
  readonly decode?: string;
  readonly proxy?: string;
  /** Further lines at the top level. */
  readonly more?: readonly string[];
  readonly ssh?: string;
  /** Of every node. */
  readonly stateDir?: string;
}

/** Writes a topology for these hosts into the launcher's home and returns its path. */
export function topology(
  name: string,
  {
    hosts = two,
    reversed = false,
    file: called = name,
    faults,
    prefill = "",
    decode = "",
    proxy = "",
    more = [],
    ssh,
    stateDir,
  }: Choices = {},
): string {
  const [first, last] = [hosts[0], hosts.at(-1)];
  const lines = [
    "version: 1",
    `name: ${name}`,
    "model: { path: pdctl/stand-in, kind: moe }",
    ...(ssh === undefined ? [] : [`ssh: ${ssh}`]),
    "nodes:",
    ...(reversed ? hosts.toReversed() : hosts).map(
      (host) =>
        `  - { name: ${host.name}, host: ${host.ip}, hardware: cuda, devices: 4${stateDir === undefined ? "" : `, state_dir: ${stateDir}`} }`,
    ),
    "kv:",
    "  transfer: { connector: nixl }",
    "engine:",
    "  kind: sim",
    ...(faults === undefined ? [] : ["  env:", `    PDCTL_SIM_FAULTS: '${JSON.stringify(faults)}'`]),
    `prefill: { nodes: [${first?.name}], port: 8100${prefill} }`,
    `decode: { ${decode.includes("nodes:") ? "" : `nodes: [${last?.name}], `}port: 8200${decode} }`,
    `proxy: { node: ${first?.name}, port: 8000${proxy} }`,
    ...more,
  ];
  const file = join(launcher.home, `${called}.yaml`);
  writeFileSync(file, `${lines.join("\n")}\n`);
  return file;
}

/** Stand-in engines that run on a host: their marks, `<cluster>/<generation>/<service>`, and pids. */
export function engines(host: Host): string[] {
  const running = host
    .processes()
    .filter(({ argv }) => argv[0]?.endsWith("node") === true && argv[1]?.endsWith("sim.mjs") === true);
  return running.map(({ mark, pid }) => `${mark} ${pid}`).sort((a, b) => a.localeCompare(b));
}
