import { firsts } from "../../once.ts";
import { imageKey } from "../lists/images.ts";
import type { Plan, PlanFile, Service } from "../plan.ts";
import type { FieldChange, PlanDiff, ServiceChange } from "./answers.ts";
import { jsonOf, leaves } from "./leaves.ts";

/** What separates two plans, value by value. */
export function diffPlans(before: Plan, after: Plan): PlanDiff {
  const [was, is] = [before, after].map(({ services }) => firsts(services, ({ id }) => id));
  const changed = after.services.flatMap((service): readonly ServiceChange[] => {
    const former = was?.get(service.id);
    const { id, node } = service;
    if (former === undefined) return [{ service: id, node, kind: "added", fields: [] }];
    const fields = changedFields(serviceFields(former), serviceFields(service));
    return fields.length === 0 ? [] : [{ service: id, node, kind: "changed", fields }];
  });
  const gone = before.services.filter(({ id }) => is?.has(id) !== true);
  return {
    services: [
      ...changed,
      ...gone.map(({ id, node }) => ({ service: id, node, kind: "removed", fields: [] }) as const),
    ],
    cluster: changedFields(clusterFields(before), clusterFields(after)),
  };
}

type Fields = ReadonlyMap<string, string>;

/** Values that differ between two sets of fields. */
export function changedFields(before: Fields, after: Fields): readonly FieldChange[] {
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((field) => {
    const [was, is] = [before.get(field) ?? null, after.get(field) ?? null];
    return was === is ? [] : [{ field, before: was, after: is }];
  });
}

/** Fields of a service that are said as they are. Reservations and hashes follow from the others. */
const PLAIN = ["node", "devices", "ranks", "group", "runtime", "vendor", "prelude", "secrets"] as const;
const BEHIND = ["ready", "live", "stop", "peers"] as const;

/** Everything of a service that makes a difference, by a name that a person knows. */
function serviceFields(service: Service): Fields {
  const named = (text: string) => withNames(text, service.files);
  const plain = (keys: readonly (keyof Service)[]) => Object.fromEntries(keys.map((key) => [key, service[key]]));
  const listens = service.listens.map(({ port, purpose, bind }) => `${port} ${purpose} on ${bind}`);
  return new Map([
    ...argvFields(service.argv.map(named)),
    ...[...leaves(service.env)].map(([name, value]): [string, string] => [`env ${name}`, named(value)]),
    ...service.files.flatMap(fileFields),
    ...leaves({ ...plain(PLAIN), listens, ...plain(BEHIND) }),
  ]);
}

/** The path of a file changes with its content; its name says enough. */
const withNames = (text: string, files: readonly PlanFile[]): string =>
  files.reduce((sum, file) => ("content" in file ? sum.replaceAll(file.path, file.name) : sum), text);

/** By flag; a JSON argument by its leaves; what stands before the first flag is the command. */
export function argvFields(argv: readonly string[]): Fields {
  const words = new Map<string, string[]>();
  let flag = "command";
  for (const word of argv) {
    if (/^--?[a-zA-Z]/.test(word)) flag = word;
    const values = words.get(flag) ?? [];
    if (word !== flag) values.push(word);
    words.set(flag, values);
  }
  return new Map(
    [...words].flatMap(([name, values]): readonly (readonly [string, string])[] => {
      const json = values.length === 1 ? jsonOf(values[0] ?? "") : undefined;
      if (json === undefined) return [[name, values.join(" ")]];
      return [...leaves(json)].map(([path, value]) => [`${name} ${path}`, value]);
    }),
  );
}

/** JSON by its leaves, other text line by line, pdctl's own programs by their names. */
function fileFields(file: PlanFile): readonly (readonly [string, string])[] {
  if ("program" in file) return [[file.name, file.program]];
  const json = jsonOf(file.content);
  if (json !== undefined) return [...leaves(json)].map(([path, value]) => [`${file.name} ${path}`, value]);
  return file.content.split("\n").map((line, index) => [`${file.name} line ${index + 1}`, line]);
}

function clusterFields({
  cluster,
  rehearsal,
  model,
  transfer,
  cache,
  nodes,
  setup,
  images,
  targets,
  smoke,
  bench,
  timeouts,
  preflight,
  restart,
}: Plan): Fields {
  const byName = Object.fromEntries(nodes.map(({ name, ...node }) => [`${name}`, node]));
  const slots = Object.fromEntries(targets.map(({ url, role, slots: count }) => [`${role} ${url}`, `${count} slots`]));
  const steps = Object.fromEntries((setup ?? []).map(({ node, name, run }) => [`${node} ${name}`, run]));
  const pulls = Object.fromEntries((images ?? []).map((one) => [`${imageKey(one)} on ${one.node}`, one.pull]));
  const parts = {
    cluster,
    rehearsal,
    model,
    transfer,
    cache,
    smoke,
    bench,
    timeouts,
    preflight,
    restart: restart ?? "never",
  };
  return new Map([
    ...leaves(parts),
    ...Object.entries({ node: byName, target: slots, setup: steps, image: pulls }).flatMap(([kind, all]) =>
      Object.entries(all).flatMap(([name, value]) => [...leaves(value, `${kind} ${name}`)]),
    ),
  ]);
}
