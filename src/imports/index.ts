import type { Json } from "../topology/topology.ts";
import type { Engine } from "./commands/engine.ts";
import { readEngine, serveWords } from "./commands/engine-command.ts";
import type { FoundProxy } from "./commands/proxy-command.ts";
import { readProxy } from "./commands/proxy-command.ts";
import { type Bench, byHand, type Master, readBench, readMaster } from "./commands/side-commands.ts";
import { documentsOf } from "./documents/documents.ts";
import { proseFaults } from "./documents/prose.ts";
import { type Config, configOf, isMooncake, isUcm } from "./files.ts";
import { fillOpen } from "./open-values.ts";
import { onMachine, recipeStarts } from "./recipes/recipes.ts";
import type { Extras } from "./recipes/started.ts";
import { type Input, type Remark, voice as voiceOf } from "./remark.ts";
import { type Run, readScripts } from "./scripts.ts";
import type { Given, SetUp } from "./setup.ts";
import type { Command } from "./shell/command.ts";
import { topologyOf } from "./topology/topology-of.ts";
import { yamlText } from "./topology/yaml-text.ts";

export type { Input, Remark } from "./remark.ts";
export type { Run } from "./scripts.ts";
export type { Given, GivenNode } from "./setup.ts";

export interface Ask extends Given {
  /** Only what stands under this heading of a document. */
  readonly section?: string;
  /** In the place of `<name>`, `{NAME}` and `xxxx`. */
  readonly values: Readonly<Record<string, string>>;
  /** Scripts that a document says to run, each with what it says to change in it. */
  readonly runs: readonly Run[];
}

export interface Imported {
  /** Undefined: nothing could be read as a cluster. */
  readonly topology: Readonly<Record<string, Json>> | undefined;
  readonly yaml: string | undefined;
  /** In the order of the inputs and their lines. */
  readonly remarks: readonly Remark[];
}

/**
 * Reads a set-up that exists in another form and writes it as a topology. Every command, flag, variable and key of the inputs is in
 * the topology or in a remark. Pure. @throws nothing: what is wrong in an input is a remark.
 */
export function importSetUp(inputs: readonly Input[], ask: Ask): Imported {
  const remarks = new Map<string, Remark>();
  const say = (remark: Remark) => {
    const key = JSON.stringify({ ...remark, what: remark.what.replaceAll(/\d+/g, "#") }); // once for all turns of a loop
    if (!remarks.has(key)) remarks.set(key, remark);
  };
  const voice = voiceOf(say);
  const filled = inputs.map((input) => ({ ...input, text: fillOpen(input.text, ask.values) }));
  const setUp = setUpOf(filled, ask, voice);
  proseFaults(inputs, setUp.engines, voice);
  const topology = topologyOf(setUp, ask, voice);
  const names = inputs.map(({ name }) => name);
  const place = ({ file, line }: Remark) => names.indexOf(file) * 1_000_000 + line;
  return {
    topology,
    yaml:
      topology === undefined
        ? undefined
        : yamlText(topology, [
            `Imported from ${names.map((name) => name.split("/").at(-1)).join(", ")} by pdctl import.`,
          ]),
    remarks: [...remarks.values()].filter(({ file }) => names.includes(file)).toSorted((a, b) => place(a) - place(b)),
  };
}

function setUpOf(inputs: readonly Input[], ask: Ask, voice: ReturnType<typeof voiceOf>): SetUp {
  const documents = documentsOf(inputs, ask.section, voice);
  const engines: Engine[] = [];
  const proxies: FoundProxy[] = [];
  const masters: Master[] = [];
  const benches: Bench[] = [];
  const written: Config[] = [];
  let front: string | undefined;
  const take = (command: Command, extras: Extras) => {
    for (const { text, at } of command.sink) {
      if (/^\|\s*tee\b/.test(text))
        voice.fault(
          at,
          text,
          "the exit status is tee's, and stopping the script leaves vllm running; pdctl keeps the output of every service",
          "not carried over",
        );
      else voice.dropped(at, text, "pdctl keeps the output of every service");
    }
    const words = serveWords(command.fields);
    if (words !== undefined) {
      const engine = readEngine(command, words, voice);
      voice.kept(command.at, "vllm serve", `an engine${engine.role === undefined ? "" : ` of ${engine.role}`}`);
      for (let copy = 0; copy < (extras.copies ?? 1); copy += 1) engines.push(withExtras(engine, extras, command.at));
      return;
    }
    for (const [name, { at }] of command.env)
      if (at.file === command.at.file && at.line >= command.at.line && at.line <= command.to)
        voice.dropped(at, name, "a variable of this command alone; proxy.env and services have a place for it");
    const [proxy, master, bench] = [readProxy(command, voice), readMaster(command, voice), readBench(command, voice)];
    if (proxy !== undefined) proxies.push(proxy);
    else if (master !== undefined) {
      masters.push(master);
      voice.kept(command.at, "mooncake_master", "kv.transfer.master");
      for (const [name, { at }] of command.env)
        voice.dropped(at, name, "kv.transfer.master has no variables; its venv brings the libraries");
    } else if (bench !== undefined) {
      benches.push(bench);
      voice.kept(command.at, "vllm bench serve", "bench");
      front ??= hostOf(command);
    } else if (!byHand(command, voice))
      voice.dropped(
        command.at,
        command.fields
          .slice(0, 3)
          .map(({ text }) => text)
          .join(" "),
        "this command is not known here; a side process of your own goes under services",
      );
  };
  const starts = documents.recipes.flatMap((recipe) => recipeStarts(recipe, ask, voice));
  for (const { command, extras } of starts) take(command, extras);
  readScripts(documents.scripts, ask, voice, take, (file, text, at) => {
    const config = configOf(file.split("/").at(-1) ?? file, text, at);
    if (config !== undefined && (isUcm(config) || isMooncake(config))) written.push(config);
    else voice.dropped(at, file, "no file that a set-up reads is known by this form");
  });
  for (const config of documents.configs)
    if (!isUcm(config) && !isMooncake(config))
      voice.dropped(config.at, config.name, "no set-up that is known here has this form");
  const outside = proxies.map((proxy) => onMachine(proxy, starts));
  const at = { file: inputs[0]?.name ?? "", line: 1 };
  return {
    engines,
    proxies: outside,
    masters,
    benches,
    configs: [...written, ...documents.configs],
    ...(front !== undefined && { front }),
    at,
  };
}

function withExtras(engine: Engine, extras: Extras, at: Engine["at"]): Engine {
  const port = extras.published?.get(engine.port.value);
  const { machine, ...rest } = engine;
  const own = machine !== undefined && extras.called?.includes(machine.value) === true; // what a container calls itself is no machine
  return {
    ...rest,
    ...(machine !== undefined && !own && { machine }),
    ...(extras.role !== undefined && { role: extras.role }),
    ...(extras.machine !== undefined && engine.machine === undefined && { machine: { value: extras.machine, at } }),
    ...(extras.sideChannel !== undefined &&
      engine.sideChannel === undefined && { sideChannel: { value: extras.sideChannel, at } }),
    ...(extras.hardware !== undefined && { hardware: extras.hardware }),
    ...(extras.runtime !== undefined && { runtime: extras.runtime }),
    ...(port !== undefined && { port: { ...engine.port, value: port } }),
    secrets: [...engine.secrets, ...(extras.secrets ?? [])],
  };
}

function hostOf({ fields }: Command): string | undefined {
  const place = fields.findIndex(({ text }) => text === "--host");
  return place < 0 ? undefined : fields[place + 1]?.text;
}
