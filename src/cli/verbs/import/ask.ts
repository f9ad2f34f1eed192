import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { UserError } from "../../../errors.ts";
import type { Ask, GivenNode, Input, Run } from "../../../imports/index.ts";
import { fileTrouble } from "../../edge/file-trouble.ts";
import { list } from "../../usage/options.ts";

export interface ImportOptions {
  readonly role?: readonly string[];
  readonly node?: readonly string[];
  readonly value?: readonly string[];
  readonly run?: readonly string[];
  readonly section?: string;
  readonly name?: string;
  readonly proxyNode?: string;
  readonly keepProxy?: true;
  readonly output?: string;
  readonly force?: true;
}

/** What a source does not say, as options. */
export const importOptions = (command: Command): Command =>
  command
    .option("--node <NODE>", "NAME=HOST[,hardware=H][,devices=N][,nic=NIC][,role=prefill]: a machine", list)
    .option("--role <ROLE=FILE>", "what the engines of a file do", list)
    .option("--value <NAME=VALUE>", "for <name>, {NAME} and xxxx of a document", list)
    .option("--run <SCRIPT,…>", "SCRIPT[,NAME=VALUE…]: a script that is run with these values", list)
    .option("--section <HEADING>", "only what stands under this heading")
    .option("--name <NAME>", "of the cluster (imported)")
    .option("--proxy-node <NAME>", "where the proxy runs")
    .option("--keep-proxy", "the source's own proxy in the place of pdctl's");

export const askOf = (options: ImportOptions): Ask => ({
  nodes: (options.node ?? []).map(nodeOf),
  values: Object.fromEntries((options.value ?? []).map((text) => pair("--value", text))),
  runs: (options.run ?? []).map(runOf),
  ...(options.section !== undefined && { section: options.section }),
  ...(options.name !== undefined && { name: options.name }),
  ...(options.proxyNode !== undefined && { proxyNode: options.proxyNode }),
  ...(options.keepProxy === true && { keepProxy: true }),
});

export function inputsOf(args: readonly (string | undefined)[], options: ImportOptions): readonly Input[] {
  const roles = new Map((options.role ?? []).map((text) => pair("--role", text)).map(([role, file]) => [file, role]));
  return args.flatMap((file) => {
    if (file === undefined) return [];
    const role = roles.get(file);
    if (role !== undefined && role !== "prefill" && role !== "decode")
      throw wrong("--role", `${role}=${file}`, "--role prefill=FILE");
    return [{ name: file, text: textOf(file), ...(role !== undefined && { role }) }];
  });
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new UserError("file.unreadable", { file, why: fileTrouble(error) }, { cause: error });
  }
}

function nodeOf(text: string): GivenNode {
  const [first = "", ...rest] = text.split(",");
  const [name, host] = pair("--node", first);
  const keys = new Map(rest.map((each) => pair("--node", each)));
  const unknown = [...keys.keys()].find((key) => !["hardware", "devices", "nic", "role"].includes(key));
  const devices = keys.get("devices");
  const role = keys.get("role");
  if (
    unknown !== undefined ||
    (devices !== undefined && !/^[1-9]\d{0,3}$/.test(devices)) ||
    (role !== undefined && role !== "prefill" && role !== "decode")
  )
    throw wrong("--node", text, "--node gpu-0=10.0.0.1,hardware=cuda,devices=8,nic=eth0,role=prefill");
  const [hardware, nic] = [keys.get("hardware"), keys.get("nic")];
  return {
    name,
    host,
    ...(hardware !== undefined && { hardware }),
    ...(devices !== undefined && { devices: Number(devices) }),
    ...(nic !== undefined && { nic }),
    ...(role !== undefined && { role }),
  };
}

function runOf(text: string): Run {
  const [script = "", ...rest] = text.split(",");
  return { script, values: Object.fromEntries(rest.map((each) => pair("--run", each))) };
}

function pair(flag: string, text: string): readonly [string, string] {
  const [, name, value] = /^([^=,]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) throw wrong(flag, text, `${flag} NAME=VALUE`);
  return [name, value];
}

const wrong = (flag: string, text: string, next: string) =>
  new UserError("usage", { what: `${flag} ${JSON.stringify(text)} cannot be`, next: `pdctl import ${next}` });
