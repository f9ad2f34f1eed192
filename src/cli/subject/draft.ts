import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { UserError } from "../../errors.ts";
import type { ModelConfig } from "../../facts/model-config.ts";
import type { Capacity } from "../../plan/answers/answers.ts";
import type { Planned } from "../../plan/plan.ts";
import type { Written } from "../../report/plan/explain.ts";
import type { Diagnostic } from "../../topology/rule.ts";
import type { Topology } from "../../topology/topology.ts";
import { near } from "../../words/near.ts";
import { fileTrouble } from "../edge/file-trouble.ts";
import type { Common } from "../usage/options.ts";
import { topologyFile } from "./place.ts";

export interface DraftAsk {
  readonly argument: string | undefined;
  readonly options: Pick<Common, "file" | "set" | "hosts">;
  readonly env: NodeJS.ProcessEnv;
  readonly rehearse?: boolean;
  /** The model's config.json, where it is not under `model.path` on this machine. */
  readonly modelConfig?: string | undefined;
}

/** The user's file as far as it can be read: the topology and plan where nothing is wrong, and all that was said about it. */
export interface Draft {
  /** As the user named it. */
  readonly file: string;
  readonly diagnostics: readonly Diagnostic[];
  /** Undefined when there are errors, of the topology or of the plan. */
  readonly topology: Topology | undefined;
  readonly plan: Planned["plan"] | undefined;
  readonly origins: Planned["origins"];
  /** Of the model, where its config is on this machine and its engines are real. */
  readonly capacity: Capacity | undefined;
  /** The first of these paths that the user has written: `cluster.yaml:28`, and its own key. Undefined: none of them. */
  readonly writtenAt: (paths: readonly (readonly (string | number)[])[]) => Written | undefined;
}

export async function draft({
  argument,
  options,
  env,
  rehearse = false,
  modelConfig: named,
}: DraftAsk): Promise<Draft> {
  const file = topologyFile(argument, options, env);
  const bytes = bytesOnce(file);
  const [{ loadTopology, locate, modelFindings, supersede }, { plan }, { modelHere, namedModel }] = await Promise.all([
    import("../../topology/index.ts"),
    import("../../plan/index.ts"),
    import("./model-here.ts"),
  ]);
  const loaded = loadTopology(
    { file, read: (path) => (path === file ? bytes : bytesOf(path)), env },
    { set: options.set, hosts: hostsOf(options.hosts) },
  );
  const subject = loaded.topology ?? loaded.draft;
  const planned = subject === undefined ? undefined : plan(subject, [], { rehearse });
  const model = subject && (named === undefined ? modelHere(subject.model.path, env["HOME"]) : namedModel(named));
  const sized = subject && model && !rehearse ? await sizedOf(subject, model) : undefined;
  const findings = [
    ...(planned?.findings ?? []),
    ...(subject && model ? modelFindings(subject, model) : []),
    ...(sized?.findings ?? []),
  ];
  const later = locate(findings, loaded.origins);
  const diagnostics = inFileOrder(supersede(loaded.diagnostics, later), loaded.files);
  const sound = !diagnostics.some(({ level }) => level === "error");
  return {
    file,
    diagnostics,
    topology: sound ? loaded.topology : undefined,
    plan: sound ? planned?.plan : undefined,
    origins: planned?.origins ?? {},
    capacity: sized?.capacity,
    writtenAt(paths) {
      for (const path of paths) {
        const origin = loaded.origins.originOf(path);
        const key = loaded.origins.writtenAt(path)?.join(".");
        if (origin !== undefined && key !== undefined)
          return { at: "set" in origin ? "--set" : `${origin.file}:${origin.line}`, key };
      }
      return undefined;
    },
  };
}

/** Whether the model fits; a stand-in loads nothing. */
async function sizedOf(topology: Topology, model: ModelConfig) {
  if (topology.instances[0]?.engine.kind === "sim") return undefined;
  const [{ capacity: capacityOf }, { capacityRules }, { runRules }] = await Promise.all([
    import("../../plan/answers/capacity/index.ts"),
    import("../../plan/rules/capacity.ts"),
    import("../../topology/index.ts"),
  ]);
  const capacity = capacityOf(topology, model);
  return { capacity, findings: runRules(capacityRules, { topology, capacity }) };
}

/** What came out of a pipe, which cannot be read again: `test` reads its topology for each of its verbs. */
const piped = new Map<string, Uint8Array>();

/** Errors of the file are diagnostics; that there is no file is an error of the command line. `-` is stdin. */
function bytesOnce(file: string): Uint8Array {
  const before = piped.get(file);
  if (before !== undefined) return before;
  try {
    if (file !== "-" && statSync(file).isDirectory())
      throw new UserError("file.unreadable", { file, why: "it is a directory" });
    const bytes = readFileSync(file === "-" ? process.stdin.fd : file);
    if (file === "-" || !statSync(file).isFile()) piped.set(file, bytes);
    return bytes;
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError("file.unreadable", { file, why: fileTrouble(error), ...beside(file) }, { cause: error });
  }
}

/** Topologies beside it: the one that was meant, else all of them. */
function beside(file: string): { readonly topologies: readonly string[] } {
  const folder = dirname(file);
  const names = existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => /\.ya?ml$/.test(name))
        .toSorted()
    : [];
  const meant = near(basename(file), names);
  return { topologies: (meant === undefined ? names : [meant]).map((name) => join(dirname(file), name)) };
}

/** A file that another one extends; undefined: the topology says so, with its place. */
function bytesOf(path: string): Uint8Array | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined; // whatever the reason, `extends` is what has to change
  }
}

/** A range, or a file with names in it: one or more on a line, `#` starts a comment. */
function hostsOf(value: string | undefined): readonly string[] {
  if (value === undefined) return [];
  if (!existsSync(value)) return [value];
  return readFileSync(value, "utf8")
    .split("\n")
    .flatMap((line) => line.replace(/#.*/, "").split(/\s+/))
    .filter((name) => name !== "");
}

function inFileOrder(diagnostics: readonly Diagnostic[], files: readonly string[]): readonly Diagnostic[] {
  const fileOf = ({ file }: Diagnostic) => (files.includes(file) ? files.indexOf(file) : files.length);
  return diagnostics.toSorted((a, b) => fileOf(a) - fileOf(b) || a.line - b.line || a.column - b.column);
}
