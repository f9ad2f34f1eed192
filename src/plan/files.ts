import { createHash } from "node:crypto";
import { stringify } from "yaml";
import type { EmittedFile, WithFiles } from "../connectors/connector.ts";
import type { Json } from "../topology/topology.ts";
import type { PlanFile } from "./plan.ts";

export const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** A file of a node under its content's own name: a changed topology never edits what a running process reads. */
export function contentFile(stateDir: string, name: string, content: string): Extract<PlanFile, { content: string }> {
  const digest = sha256(content);
  return { name, path: `${stateDir}/files/${digest}`, sha256: digest, content };
}

/** The same under a second, stable name: the program that runs reads it again when it is told to. */
export const liveFile = (stateDir: string, name: string, content: string): PlanFile & { readonly link: string } => ({
  ...contentFile(stateDir, name, content),
  link: `${stateDir}/${name}`,
});

/** The text of a value: stable for equal values with equal key order. */
export const fileText = ({ format, value }: Pick<EmittedFile, "format" | "value">): string =>
  format === "json"
    ? `${JSON.stringify(value, null, 2)}\n`
    : stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });

export const jsonText = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** Puts the absolute path for every `{ file: NAME }`. */
export function resolveFiles(value: WithFiles, files: readonly PlanFile[]): Json {
  if (Array.isArray(value)) return value.map((each: WithFiles) => resolveFiles(each, files));
  if (typeof value !== "object" || value === null) return value;
  const wanted = fileName(value);
  if (wanted !== undefined) return files.find(({ name }) => name === wanted)?.path ?? wanted;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]: [string, WithFiles]) => [key, resolveFiles(each, files)]),
  );
}

/** NAME of `{ file: NAME }`; undefined for any other value. */
export function fileName(value: object): string | undefined {
  if (!("file" in value) || Object.keys(value).length !== 1) return undefined;
  return typeof value.file === "string" ? value.file : undefined;
}
