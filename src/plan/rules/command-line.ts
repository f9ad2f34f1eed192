import { flagName } from "../../engines/index.ts";
import { firsts, once } from "../../once.ts";
import type { Path } from "../../topology/rule.ts";
import type { Topology } from "../../topology/topology.ts";
import type { Plan, Service } from "../plan.ts";

/** What a rule of this stage sees. */
export interface Planned {
  readonly topology: Topology;
  readonly plan: Plan;
}

/** The words after a flag of vLLM, whatever its spelling; undefined: the flag is not there. The last one wins, as it does in vLLM. */
export function words(service: Service, flag: string): readonly string[] | undefined {
  const at = flagsOf(service).get(flag);
  return at === undefined ? undefined : after(service.argv, at);
}

/** Where each flag of vLLM stands for the last time: a dozen rules ask every engine. */
const flagsOf = once(
  ({ argv }: Service): ReadonlyMap<string | undefined, number> =>
    new Map(argv.map((word, at) => [word.startsWith("-") ? flagName(word.split("=")[0] ?? "") : undefined, at])),
);

/** The words after a flag of any other program. */
export function wordsOf({ argv }: Service, ...flags: string[]): readonly string[] | undefined {
  const at = argv.findLastIndex((word) => flags.includes(word.split("=")[0] ?? ""));
  return at < 0 ? undefined : after(argv, at);
}

function after(argv: readonly string[], at: number): readonly string[] {
  const inline = argv[at]?.includes("=") ? argv[at].slice(argv[at].indexOf("=") + 1) : undefined;
  if (inline !== undefined) return [inline];
  const rest = argv.slice(at + 1);
  const end = rest.findIndex((word) => /^--?[A-Za-z]/.test(word));
  return end < 0 ? rest : rest.slice(0, end);
}

/** A flag's number; undefined: not there, or no number. */
export function number(service: Service, flag: string): number | undefined {
  const [word] = words(service, flag) ?? [];
  return word === undefined || !/^\d+$/.test(word) ? undefined : Number(word);
}

export const engines = once(({ services }: Plan): readonly Service[] =>
  services.filter(({ kind }) => kind === "engine"),
);

export const nodesByName = once(({ nodes }: Plan) => firsts(nodes, ({ name }) => name));

const instancesById = once(({ instances }: Topology) => firsts(instances, ({ id }) => id));

export const instanceOf = (topology: Topology, id: string) => instancesById(topology).get(id);
const sidesByName = once(({ services }: Topology) => firsts(services, ({ name }) => name));

/** Where the topology speaks of a service. */
export function placeOf(topology: Topology, service: Service): Path {
  const { proxy, kv } = topology;
  if (service.kind === "proxy") return proxy.path;
  const own =
    service.kind === "engine" ? instancesById(topology).get(service.group) : sidesByName(topology).get(service.id);
  return own?.path ?? [...kv.transfer.path, "master"];
}
