import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Host } from "../hosts/host.ts";
import { hosts, type Lab } from "../hosts/lab.ts";
import { launcher } from "../hosts/launcher.ts";
import { type Ended, pdctl } from "../hosts/pdctl.ts";
import { base } from "./base.ts";
import { models, pythonHome, venv } from "./place.ts";

/** How long an `up` may take: about a minute where the machine has nothing else to do. */
export const LOAD_MS = 400_000;

export interface Asked {
  /** n0, n1 … at 10.91.0.1, 10.91.0.2 … */
  readonly hosts: number;
  /** YAML over that of base.ts: what is particular to this test. `name`, `extends` and `nodes` are written for it. */
  readonly topology: string;
  /** Default `real`. */
  readonly name?: string;
  /** More directories of this machine that the hosts can read: a plugin, a wrapper. */
  readonly borrowed?: readonly string[];
}

/** Real engines that pdctl runs over SSH on hosts with addresses, files and processes of their own. */
export interface RealHosts extends AsyncDisposable {
  readonly proxy: string;
  host(name: string): Host;
  /** Writes another topology over the old one, as a user who edits the file. */
  change(topology: string): void;
  /** The server of an engine, `decode-0-0`: by what pdctl marked, looked at from outside. */
  engine(id: string): { readonly pid: number; kill(signal: NodeJS.Signals): void };
  /** `http://…` of a port on a node. */
  url(node: string, port: number): string;
  /** A verb on this topology, to its end. */
  pdctl(verb: string, ...options: readonly string[]): Promise<Ended>;
  /** What is left on any host: processes, ports, files; caches that vLLM keeps in the user's home for its next start are not the cluster's. */
  leftovers(): readonly string[];
}

/** What vLLM and its libraries keep for later, whoever starts them. */
const kept = / file \/root\/\.cache\/vllm$/;

/** Boots the hosts and writes the topology. Nothing runs yet. Disposing takes the engines away with the hosts they run on. */
export async function realHosts({ hosts: count, topology, name = "real", borrowed = [] }: Asked): Promise<RealHosts> {
  const specs = Array.from({ length: count }, (_, index) => ({ name: `n${index}`, ip: `10.91.0.${index + 1}` }));
  const lab = await hosts(specs, {
    borrowed: [venv, pythonHome(), ...Object.values(models), ...borrowed],
    numa: false, // of a NUMA node, each engine with NIXL binds itself to the last core: here all of them to one
  });
  writeFileSync(join(launcher.home, "base.yaml"), base(specs));
  const file = join(launcher.home, `${name}.yaml`);
  const change = (text: string) => writeFileSync(file, `extends: base.yaml\nname: ${name}\n${text}`);
  change(topology);
  const url = (node: string, port: number) => `http://${lab.host(node).ip}:${port}`;
  return {
    proxy: url("n0", 8000),
    host: (node) => lab.host(node),
    change,
    engine: (id) => serverOf(lab, id),
    url,
    pdctl: (verb, ...options) => pdctl([verb, file, ...options]),
    leftovers: () => lab.leftovers().filter((left) => !kept.test(left)),
    [Symbol.asyncDispose]: () => lab[Symbol.asyncDispose](),
  };
}

function serverOf({ hosts: all }: Lab, id: string) {
  for (const host of all)
    for (const { pid, mark, argv } of host.processes())
      if (mark?.endsWith(`/${id}`) === true && argv.includes("serve"))
        return { pid, kill: (signal: NodeJS.Signals) => host.kill(pid, signal) };
  throw new Error(`no host runs ${id}`);
}

/** Both streams, to be shown when an expectation fails. */
export const said = ({ stdout, stderr }: Ended): string => stdout + stderr;
