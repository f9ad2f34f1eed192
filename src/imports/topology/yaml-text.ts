import type { Json } from "../../topology/topology.ts";

type Dict = Readonly<Record<string, Json>>;

/** A topology as text: one line for what fits on one, blocks for the rest. */
export function yamlText(topology: Dict, head: readonly string[]): string {
  const keys = Object.entries(topology).flatMap(([key, value]) => entry(key, value, ""));
  return `${[...head.map((line) => `# ${line}`), ...keys].join("\n")}\n`;
}

const WIDE = 110;

function entry(key: string, value: Json, indent: string): readonly string[] {
  const line = `${indent}${text(key)}: ${flow(value)}`;
  if (!nested(value) || (line.length <= WIDE && depth(value) < 3 && indent !== "") || line.length <= SHORT)
    return [line];
  if (Array.isArray(value))
    return [`${indent}${text(key)}:`, ...value.flatMap((item: Json) => listed(item, `${indent}  `))];
  return [
    `${indent}${text(key)}:`,
    ...Object.entries(value as Dict).flatMap(([inner, each]) => entry(inner, each, `${indent}  `)),
  ];
}
const SHORT = 72;

function listed(item: Json, indent: string): readonly string[] {
  const line = `${indent}- ${flow(item)}`;
  if (line.length <= WIDE || !isDict(item)) return [line];
  const rows = Object.entries(item).flatMap(([key, value]) => entry(key, value, `${indent}  `));
  return rows.map((row, i) => (i === 0 ? `${indent}- ${row.trimStart()}` : row));
}

const isDict = (value: Json): value is Dict => typeof value === "object" && value !== null && !Array.isArray(value);
const nested = (value: Json): boolean => typeof value === "object" && value !== null && Object.keys(value).length > 0;
const depth = (value: Json): number => (nested(value) ? 1 + Math.max(...Object.values(value as Dict).map(depth)) : 0);

function flow(value: Json): string {
  if (Array.isArray(value)) return `[${value.map((item: Json) => flow(item)).join(", ")}]`;
  if (isDict(value)) {
    const inner = Object.entries(value).map(([key, each]) => `${text(key)}: ${flow(each)}`);
    return inner.length === 0 ? "{}" : `{ ${inner.join(", ")} }`;
  }
  return typeof value === "string" ? text(value) : String(value);
}

/** A number where its digits stay as they were written: 0.9 and 128, but not 0.90. */
export const scalar = (value: string): string | number =>
  /^-?\d+(\.\d+)?$/.test(value) && String(Number(value)) === value ? Number(value) : value;

/** Plain where YAML reads it as this text. */
function text(value: string): string {
  const word = /^[A-Za-z/~][\w./-]*$/.test(value) && !/^(true|false|null|yes|no|on|off|y|n|~)$/i.test(value);
  return word || /^\d+(\.\d+){3}$/.test(value) ? value : JSON.stringify(value);
}
