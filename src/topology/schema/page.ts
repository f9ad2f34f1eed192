import { connectors } from "../../connectors/index.ts";
import { hardware } from "../../hardware/index.ts";
import { shape } from "../shape/topology.ts";
import { allKeys } from "../validate/shape-keys.ts";
import { type Schema, topologySchema } from "./json-schema.ts";
import { homeOfKey, texts } from "./texts.ts";

/** docs/topology.md: every key of the topology in tables, from the same source as the JSON Schema. */
export function topologyPage(): string {
  const schema = topologySchema();
  return [
    "# The topology, key by key",
    "",
    "Made by `pdctl schema --markdown`. Examples that run: `topologies/`; all keys in one file: `topologies/reference.yaml`. `pdctl schema` prints the JSON Schema",
    "for your editor; `pdctl init` writes the line that names it.",
    "",
    ...EXAMPLE,
    ...sections().flatMap(({ title, keys, above }) => [
      `## ${title}`,
      "",
      ...(above === undefined ? [] : [above, ""]),
      "| key | what it means | default |",
      "|---|---|---|",
      ...keys.map((key) => row(key, schema)),
      "",
    ]),
    ...connectorSections(),
    ...WORDS,
    "",
  ].join("\n");
}

const EXAMPLE = [
  "The shortest one that is valid; everything else has a default:",
  "",
  "```yaml",
  "name: first",
  "model: Qwen/Qwen3-0.6B",
  "nodes:",
  '  - { name: "n[0-1]", host: "10.0.0.1[0-1]", hardware: cuda, devices: 8 }',
  "kv: { transfer: { connector: nixl } }",
  "prefill: { nodes: n0 }",
  "decode: { nodes: n1 }",
  "proxy: { node: n0 }",
  "```",
  "",
  "Hosts from a SLURM allocation, and values from your environment:",
  "",
  "```yaml",
  "name: ${env:CLUSTER:-batch}",
  "model: Qwen/Qwen3-0.6B",
  'nodes: { from: slurm, name: "n[0-1]", hardware: cuda, devices: 8 }',
  "kv: { transfer: { connector: nixl } }",
  "prefill: { nodes: n0, instances: 2, placement: pack, parallel: { tp: 4 } }",
  "decode: { nodes: n1, args: { max-num-seqs: 256 } }",
  "proxy: { node: n0 }",
  "```",
  "",
];

interface Section {
  readonly title: string;
  readonly keys: readonly string[];
  readonly above?: string;
}

/** One section for each part; a key that is at home elsewhere is listed there alone. */
function sections(): readonly Section[] {
  const keys = [...new Set(allKeys(shape).map(homeOfKey))];
  const parts = [...new Set(keys.map(partOf))].filter((part) => part !== "" && part !== "prefill" && part !== "decode");
  const alone = keys.filter((key) => partOf(key) === "" || partOf(key) === "prefill" || partOf(key) === "decode");
  return [
    { title: "Above all", keys: alone },
    ...parts.map((part) => ({
      title: TITLES[part] ?? part,
      keys: keys.filter((key) => partOf(key) === part),
      ...(texts[part] !== undefined && { above: texts[part].says }),
    })),
  ];
}

const TITLES: Readonly<Record<string, string>> = { role: "prefill, decode and their instances" };

/** The part a key belongs to; none for the parts themselves and for keys without parts. */
const partOf = (key: string): string => (/[.[]/.test(key) ? (/^[a-z_]+/.exec(key)?.[0] ?? "") : "");

function row(key: string, schema: Schema): string {
  const { says = "", unset } = texts[key] ?? {};
  const otherwise = defaultOf(schema, key.replace(/^role\./, "prefill."));
  const shown = unset ?? (otherwise === undefined ? "" : `\`${JSON.stringify(otherwise)}\``);
  return `| \`${key.replace(/^role\./, "")}\` | ${says}${choices(schema, key)} | ${shown} |`.replaceAll("\n", " ");
}

function defaultOf(schema: Schema, key: string): unknown {
  const { default: value } = at(schema, key) ?? {};
  return typeof value === "object" ? undefined : value;
}

function choices(schema: Schema, key: string): string {
  const found = at(schema, key.replace(/^role\./, "prefill."));
  const values = found?.enum ?? found?.anyOf?.find((one) => one.enum !== undefined)?.enum ?? [];
  const missing = values.filter((value) => !(texts[key]?.says ?? "").includes(String(value)));
  return values.length > 0 && missing.length > 0
    ? ` One of ${values.map((value) => `\`${String(value)}\``).join(", ")}.`
    : "";
}

/** The part of the schema at a key. */
function at(schema: Schema, key: string): Schema | undefined {
  return key.split(/\.|(?=\[\])/).reduce<Schema | undefined>((found, step) => {
    const maps = found === undefined ? [] : [found, ...(found.anyOf ?? [])];
    const next = step === "[]" ? maps.find(({ items }) => items !== undefined)?.items : undefined;
    return next ?? maps.find(({ properties }) => properties?.[step] !== undefined)?.properties?.[step];
  }, schema);
}

function connectorSections(): readonly string[] {
  return [
    "## Connectors",
    "",
    "Keys beside `connector`, under `kv.transfer` or `kv.cache`.",
    "",
    "| connector | under | keys |",
    "|---|---|---|",
    ...[...connectors.values()].map(
      ({ name, uses, fields }) =>
        `| \`${name}\` | ${uses.map((use) => `kv.${use}`).join(", ")} | ${allKeys(fields)
          .map((key) => `\`${key}\``)
          .join(" ")} |`,
    ),
    "",
    "## Hardware",
    "",
    "| hardware | what it is | devices of a node |",
    "|---|---|---|",
    ...[...hardware.values()].map(({ name, about, devices }) => `| \`${name}\` | ${about} | ${devices ?? "say so"} |`),
    "",
  ];
}

const WORDS = [
  "## How values are written",
  "",
  "- Ranges: `n[0-5]`, `gpu[001-097,099]`, `r[1-2]n[1-4]`, `a,b[1-2]`; the last bracket runs fastest, padding is kept, `[0-8/2]` takes every second one.",
  "- Durations: `90s`, `15m`, `2h`.",
  '- `null` takes an inherited key out; a key with nothing behind it is an error; `""` is an empty text.',
  "- `${env:NAME}` and `${env:NAME:-default}` are filled in from your environment when the file is read, in any value but shell text (`prelude`, `setup`).",
  "  A value that is one of them alone has the type that its text would have. In braces it has to be quoted.",
  "- Keys that begin with `x-` are yours.",
];
