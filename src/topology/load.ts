import type { Remark, Say } from "./findings/remark.ts";
import { place } from "./locate.ts";
import { noOrigins, type Origins, originsOf } from "./origins.ts";
import { type Files, readExtended } from "./overlay/extends.ts";
import { type Filled, fromEnvironment } from "./overlay/from-env.ts";
import { applySets, setSource } from "./overlay/set.ts";
import { type Overrides, resolve } from "./resolve/index.ts";
import { KEY_NAMES } from "./resolve/proxy.ts";
import type { Diagnostic, Finding } from "./rule.ts";
import { type Declared, declared as everything } from "./rules/declared.ts";
import { rulesFor } from "./rules/rules-for.ts";
import { runRules } from "./rules/run-rules.ts";
import type { Outside } from "./sources/index.ts";
import type { Topology } from "./topology.ts";
import type { Source } from "./tree/source.ts";
import { child, type Dict, dictOf, type Tree } from "./tree/tree.ts";
import { emptyValues } from "./validate/empty-values.ts";
import { readShape } from "./validate/read-shape.ts";

export interface Loaded {
  /** Undefined when there are errors. */
  readonly topology: Topology | undefined;
  /** What can be read in spite of the errors (unknown keys left out): for the errors of later stages. Never to be run. */
  readonly draft: Topology | undefined;
  readonly diagnostics: readonly Diagnostic[];
  readonly origins: Origins;
  /** All files read, the named one first. */
  readonly files: readonly string[];
}

/** Reads a topology and says everything that is wrong with it at once. Pure: files come through `read`. */
export function loadTopology(files: Files, overrides: Overrides, declared: Declared = everything): Loaded {
  const remarks: Remark[] = [];
  const say = (remark: Remark) => remarks.push(remark);
  const filled = fromEnvironment(files.env ?? {}, say);
  const { tree: written, sources } = readExtended(files, filled, say);
  const sets = setSource("--set", overrides.set);
  const hosts = setSource("--hosts", overrides.hosts);
  const tree = written && applySets(written, sets, filled, say);
  const all = [...sources, sets, hosts];
  const names = sources.map(({ name }) => name);
  if (tree === undefined) {
    const origins = noOrigins(all, sets);
    return {
      topology: undefined,
      draft: undefined,
      diagnostics: place(remarks.map(placedRemark), origins),
      origins,
      files: names,
    };
  }
  spokenSecrets(tree, filled, say);
  const origins = originsOf(withHosts(tree, hosts), all);
  const { draft, findings } = judge(tree, overrides, declared, files);
  const said = remarks.map(placedRemark);
  const blank = new Set(
    remarks
      .filter(({ code }) => code === "environment")
      .map(({ place: { start, source } }) => `${source.name}:${start}`),
  );
  const placed = findings.map((finding) => ({ finding, place: origins.placeOf(finding.at, finding.mark) }));
  const diagnostics = place(
    [...said, ...placed.filter(({ place: { start, source } }) => !blank.has(`${source.name}:${start}`))],
    origins,
  );
  const broken = diagnostics.some(({ level }) => level === "error");
  return { topology: broken ? undefined : draft, draft, diagnostics, origins, files: names };
}

function judge(
  written: Dict,
  overrides: Overrides,
  declared: Declared,
  outside: Outside,
): { draft: Topology | undefined; findings: readonly Finding[] } {
  const { shape, tree, partial, findings: inShape } = readShape(written);
  const findings = [...emptyValues(written), ...inShape];
  if (shape === undefined) return { draft: undefined, findings };
  const resolved = resolve(shape, tree, declared, overrides, outside);
  if (partial) return { draft: undefined, findings: [...findings, ...resolved.findings.filter(standsAlone)] };
  if (resolved.topology === undefined) return { draft: undefined, findings: [...findings, ...resolved.findings] };
  const rules = rulesFor(resolved.topology, declared);
  return {
    draft: resolved.topology,
    findings: [...findings, ...resolved.findings, ...runRules(rules, resolved.topology)],
  };
}

/** A secret's value would stand in the plan for everybody to read. */
function spokenSecrets(tree: Dict, { used }: Filled, say: Say): void {
  const secrets = child(tree, "secrets");
  const listed = secrets?.kind === "list" ? secrets.items : [];
  const keys = KEY_NAMES.flatMap((key) => child(tree, "proxy", "serving", key) ?? []);
  const names = new Set([...listed, ...keys].flatMap((item) => (item.kind === "scalar" ? [item.text] : [])));
  for (const { name, place } of used.filter((one) => names.has(one.name)))
    say({
      code: "environment",
      title: `${name} is a secret, and its value would stand in the plan`,
      place,
      remedy: [`take it out: ${name} reaches who needs it because secrets or proxy.serving names it`],
    });
}

/** Right whatever else is wrong: it looks at one value only. */
const standsAlone = ({ code, at }: Finding): boolean =>
  ["address", "env-value", "from", "name", "range", "type"].includes(code) ||
  at[0] === "kv" ||
  at.at(-1) === "hardware" ||
  (code === "missing" && at[0] === "nodes");

const placedRemark = ({ place: where, at = [], ...said }: Remark) => ({
  finding: { level: "error" as const, at, also: [], ...said },
  place: where,
});

/** `--hosts` as a part of the tree, so that its findings have a place. */
function withHosts(tree: Dict, hosts: Source): Dict {
  if (hosts.text === "") return tree;
  const places = hosts.lines.map((start, i) => ({
    source: hosts,
    start,
    end: (hosts.lines[i + 1] ?? hosts.text.length + 1) - 1,
  }));
  const items = places.map((at): Tree => ({ kind: "scalar", value: "", text: "", form: "plain", at }));
  const at = { source: hosts, start: 0, end: hosts.text.length };
  return dictOf([...tree.entries, ["--hosts", { key: at, value: { kind: "list", items, at } }]], tree.at);
}
