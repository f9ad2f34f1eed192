import type { z } from "zod";
import { errorAt } from "../findings/finding.ts";
import type { Finding, Path } from "../rule.ts";
import type { Declared } from "../rules/declared.ts";
import { portPins } from "../shape/engine.ts";
import type { Shape } from "../shape/topology.ts";
import type { ConnectorUse, Kv, Role } from "../topology.ts";
import { child, type Dict, dictOf, lookUp, mergeTrees, plainOf, type Tree, withoutKeys } from "../tree/tree.ts";
import { ownKeysOnly, VERBATIM } from "../validate/own-keys.ts";
import { schemaFindings, unknownKeys } from "../validate/schema-findings.ts";
import { keysAt } from "../validate/shape-keys.ts";
import { unknownName } from "../validate/unknown.ts";
import { type KnownNodes, oneNode } from "./node-refs.ts";

const ROLES: readonly Role[] = ["prefill", "decode"];
const FRAME = ["connector", "roles", ...ROLES];

/** The connectors with their fields per role, each checked by the connector's own schema. */
export function resolveKv(
  { kv }: Shape,
  tree: Tree,
  declared: Declared,
  nodes: KnownNodes,
): { readonly kv: Kv | undefined; readonly findings: readonly Finding[] } {
  const transfer = resolveUse("transfer", tree, declared);
  const cache = kv.cache === undefined ? undefined : resolveUse("cache", tree, declared);
  const findings = [
    ...transfer.findings,
    ...(cache?.findings ?? []),
    ...unknownPins(tree, declared),
    ...unknownNodes(tree, ["kv"], nodes),
  ];
  if (transfer.use === undefined || (cache !== undefined && cache.use === undefined))
    return { kv: undefined, findings };
  const roles = kv.cache?.roles ?? ROLES;
  return {
    kv: { hashSeed: kv.hash_seed, transfer: transfer.use, ...(cache?.use && { cache: { ...cache.use, roles } }) },
    findings,
  };
}

type Use = "transfer" | "cache";

function resolveUse(
  use: Use,
  tree: Tree,
  declared: Declared,
): { readonly use: ConnectorUse | undefined; readonly findings: readonly Finding[] } {
  const path: Path = ["kv", use];
  const dict = child(tree, ...path);
  const named = lookUp(tree, [...path, "connector"])?.value;
  const connector = named?.kind === "scalar" ? declared.connectors.get(named.text) : undefined;
  if (dict?.kind !== "dict" || connector === undefined || !connector.uses.includes(use)) {
    const allowed = [...declared.connectors.values()].filter(({ uses }) => uses.includes(use)).map(({ name }) => name);
    return { use: undefined, findings: [unknownName("connector", [...path, "connector"], named, allowed)] };
  }
  const read = ROLES.map((role) => readFields(connector.fields, dict, role, path));
  const [prefill, decode] = read.map(({ fields }) => fields);
  const findings = read.flatMap((one) => one.findings);
  if (prefill === undefined || decode === undefined) return { use: undefined, findings };
  return { use: { connector: connector.name, fields: { prefill, decode }, path }, findings };
}

interface ReadFields {
  readonly fields: Readonly<Record<string, unknown>> | undefined;
  readonly findings: readonly Finding[];
}

/** The shared fields with the role's overlay over them. */
function readFields(schema: z.ZodType, dict: Dict, role: Role, path: Path): ReadFields {
  const overlay = child(dict, role);
  const shared: Dict = dictOf(
    [...dict.entries].filter(([key]) => !FRAME.includes(key)),
    dict.at,
  );
  const tree = overlay === undefined ? shared : mergeTrees(shared, overlay);
  const parsed = schema.safeParse(plainOf(tree, { keep: ownKeysOnly }));
  if (parsed.success) return { fields: isRecord(parsed.data) ? parsed.data : {}, findings: [] };
  const pathOf = (inner: Path) =>
    overlay !== undefined && lookUp(overlay, inner) !== undefined ? [...path, role, ...inner] : [...path, ...inner];
  const findings = schemaFindings(parsed.error.issues, { schema, tree, pathOf });
  const known = schema.safeParse(plainOf(withoutKeys(tree, unknownKeys(parsed.error.issues)), { keep: ownKeysOnly }));
  return { fields: known.success && isRecord(known.data) ? known.data : undefined, findings };
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

/** A connector's side service stands on a node of the topology: whatever is called `node` in its fields names one. */
function unknownNodes(tree: Tree, path: Path, known: KnownNodes): readonly Finding[] {
  const value = child(tree, ...path);
  if (value?.kind !== "dict") return [];
  return [...value.entries.keys()]
    .filter((key) => !VERBATIM.has(key))
    .flatMap((key) => {
      const at = [...path, key];
      const named = key === "node" && child(tree, ...at)?.kind === "scalar";
      return named ? oneNode(tree, at, known).findings : unknownNodes(tree, at, known);
    });
}

/** A pinned port that none of the connectors has. */
function unknownPins(tree: Tree, declared: Declared): readonly Finding[] {
  const inUse = ["transfer", "cache"].flatMap((use) => {
    const named = child(tree, "kv", use, "connector");
    const connector = named?.kind === "scalar" ? declared.connectors.get(named.text) : undefined;
    return connector === undefined ? [] : [connector];
  });
  if (inUse.length === 0) return [];
  const known = inUse.flatMap(({ fields }) => keysAt(fields, []) ?? []);
  const names = inUse.map(({ name }) => name).join(" and ");
  const places: readonly Path[] = ROLES.flatMap((role) => {
    const list = child(tree, role, "instances");
    return [[role], ...(list?.kind === "list" ? list.items.map((_, i) => [role, "instances", i]) : [])];
  });
  return places.flatMap((path) =>
    portPins
      .filter((key) => !known.includes(key) && child(tree, ...path, key) !== undefined)
      .map((key) => {
        const ports = known.filter((name) => name.endsWith("_port"));
        return errorAt([...path, key], "S07", `${names} knows no ${key}`, {
          mark: "key",
          remedy: ports.length > 0 ? ports.map((port) => `${port}: …`) : "take it out",
        });
      }),
  );
}
