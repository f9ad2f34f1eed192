import { hardware } from "../../../hardware/index.ts";
import type { Rule } from "../../../topology/rule.ts";
import { instanceOf } from "../../rules/command-line.ts";
import { usesOf } from "../../seats/uses.ts";
import { said } from "../../seats/versions.ts";
import type { Judged } from "../judged.ts";
import { type Answered, answers, nodePath } from "./answers.ts";

/** M12: the engine's Python has what the connector and the accelerator import. Source: launch.md §10.4. */
export const m12: Rule<Judged, { node: string; module: string; why: string }> = {
  id: "M12",
  level: "error",
  *check(judged) {
    for (const answered of answers(judged)) {
      const { node, said } = answered;
      for (const { names, why } of wanted(judged, answered)) {
        const known = names.filter((name) => said.modules?.[name] !== undefined);
        if (known.length === 0 || known.some((name) => said.modules?.[name] === true)) continue;
        const data = { node: node.name, module: names.join(" or "), why };
        yield { at: nodePath(judged.topology, node.name), subject: node.name, data };
      }
    }
  },
  message: ({ node, module, why }) => `${node} cannot import ${module}, which ${why} needs`,
  remedy: ({ module }) => `install ${module} where the engine runs: engine.venv, or the one of the node`,
};

function* wanted(
  { topology }: Judged,
  { node, engines }: Answered,
): Iterable<{ names: readonly string[]; why: string }> {
  const roles = new Set(engines.flatMap(({ role }) => role ?? []));
  const uses = new Map(
    [...roles].flatMap((role) => (topology ? usesOf(topology, role) : [])).map((use) => [use.connector.name, use]),
  );
  for (const { connector, fields } of uses.values())
    for (const names of connector.asks?.(fields).modules ?? []) yield { names, why: `connector ${connector.name}` };
  const plugin = hardware.get(node.hardware)?.plugin;
  if (engines.length > 0 && plugin !== undefined) yield { names: [plugin.module], why: `hardware ${node.hardware}` };
}

/** M13: a plug-in is made for one vLLM: the first three numbers are the same. Source: launch.md §10.4, §4.6. */
export const m13: Rule<Judged, { node: string; vllm: string; plugin: string; version: string }> = {
  id: "M13",
  level: "error",
  *check(judged) {
    for (const { node, said, engines } of answers(judged)) {
      const plugin = hardware.get(node.hardware)?.plugin;
      if (plugin?.pairs !== true || engines.length === 0) continue;
      const [vllm, version] = [said.versions["vllm"], said.versions[plugin.package]];
      if (vllm === undefined || version === undefined || paired(vllm, version)) continue;
      const data = { node: node.name, vllm, plugin: plugin.package, version };
      yield { at: nodePath(judged.topology, node.name), subject: node.name, data };
    }
  },
  message: ({ node, vllm, plugin, version }) => `${node} has vllm ${vllm} with ${plugin} ${version}, which do not pair`,
  remedy: ({ vllm, plugin }) => `${plugin} ${triple(vllm)}, or the vllm that ${plugin} was made for`,
};

/** Versions between two releases say too little. */
const paired = (vllm: string, plugin: string) =>
  /dev/.test(vllm) || /dev/.test(plugin) || triple(vllm) === triple(plugin);

interface Differs {
  readonly name: string;
  readonly node: string;
  readonly found: string;
  readonly declared: string;
  readonly key: string;
}

/** M17: what is declared for a plan before the nodes are asked is what they have. */
export const m17: Rule<Judged, Differs> = {
  id: "M17",
  level: "warning",
  *check(judged) {
    for (const { node, said: facts, engines } of answers(judged)) {
      const found = said(facts);
      for (const id of new Set(engines.map(({ group }) => group))) {
        const instance = judged.topology && instanceOf(judged.topology, id);
        for (const [name, declared] of Object.entries(instance?.engine.versions ?? {})) {
          const release = found[name];
          if (instance === undefined || release === undefined || isOne(declared, release)) continue;
          const key = instance.engine.imageTells?.includes(name) ? ["runtime", "image"] : ["versions", name];
          const data = { name, node: node.name, found: release, declared, key: ["engine", ...key].join(".") };
          yield { at: [...instance.path, ...key], subject: `${id} on ${node.name}`, mark: "value", data };
        }
      }
    }
  },
  message: ({ name, node, found, declared, key }) => `${node} has ${name} ${found}, and ${key} says ${declared}`,
  remedy: ({ name, found, key }) =>
    key.endsWith("image")
      ? `engine.versions: { ${name}: ${bare(found)} }, where the image has another one than its tag says`
      : `${key}: ${bare(found)}, or nothing: what the nodes have is what counts`,
};

/** Whether a release found is the one declared: without its local part, and as exact as it was declared. */
const isOne = (declared: string, found: string): boolean =>
  bare(found) === bare(declared) || bare(found).startsWith(`${bare(declared)}.`);

const bare = (version: string): string => version.replace(/^v/, "").replace(/\+.*$/, "");

const triple = (version: string): string =>
  (/^\d+(\.\d+){0,2}/.exec(version)?.[0] ?? version).split(".").concat("0", "0").slice(0, 3).join(".");
