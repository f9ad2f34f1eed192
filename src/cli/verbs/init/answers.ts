import { createInterface } from "node:readline/promises";
import { UserError } from "../../../errors.ts";
import type { Machine } from "../../../facts/index.ts";
import { hardware as known } from "../../../hardware/index.ts";
import { type FirstAnswers, type FirstNode, firstNames, firstTp, splitNodes } from "../../../topology/first.ts";
import { expandRange, foldRange } from "../../../topology/index.ts";
import type { Call } from "../../edge/call.ts";

export interface InitOptions {
  readonly nodes?: string;
  readonly fromNodes?: readonly string[];
  readonly hardware?: string;
  readonly devices?: number;
  readonly model?: string;
  readonly connector?: string;
  readonly field?: readonly string[];
  readonly prefill?: string;
  readonly decode?: string;
  readonly ratio?: string;
  readonly tp?: number;
  readonly name?: string;
  readonly output?: string;
  readonly force?: true;
}

/** One question: its option, its words, and what holds when nothing is answered. */
interface Question {
  readonly flag: string;
  readonly given: string | undefined;
  readonly ask: string;
  readonly otherwise?: string;
}

type Asker = (question: Question) => Promise<string>;

/** Every answer: from the options, from the nodes, from the person at the terminal, or by default, which is then said. */
export async function answersOf(call: Call<InitOptions>): Promise<FirstAnswers> {
  const asking = process.stdin.isTTY === true && process.stderr.isTTY === true;
  const reader = asking ? createInterface({ input: process.stdin, output: process.stderr }) : undefined;
  const answer: Asker = async ({ flag, given, ask, otherwise }) => {
    if (given !== undefined) return given;
    if (reader !== undefined) {
      const said = (await reader.question(`${ask}${otherwise === undefined ? "" : ` [${otherwise}]`} > `)).trim();
      if (said !== "") return said;
    }
    if (otherwise === undefined)
      throw new UserError("usage", {
        what: `${flag} is missing`,
        next: `pdctl init ${flag} …, or pdctl init on a terminal`,
      });
    if (reader === undefined) call.streams.err.lines([`· not a terminal: ${flag} ${otherwise}`]);
    return otherwise;
  };
  try {
    return await answers(call, answer);
  } finally {
    reader?.close();
  }
}

async function answers(call: Call<InitOptions>, answer: Asker): Promise<FirstAnswers> {
  const { options } = call;
  const nodes = await nodesOf(call, answer);
  const names = nodes.map(({ name }) => name);
  const model = await answer({ flag: "--model", given: options.model, ask: "Model (path on the nodes, or hub name)" });
  const ascend = nodes.some(({ hardware }) => known.get(hardware)?.family === "ascend");
  const connector = await answer({
    flag: "--connector",
    given: options.connector,
    ask: "KV moves by",
    otherwise: ascend ? "mooncake-ascend" : "nixl",
  });
  const ratio = ratioOf(
    await answer({
      flag: "--ratio",
      given: options.ratio ?? (options.prefill && "1:1"),
      ask: "Prefill to decode",
      otherwise: "1:1",
    }),
  );
  const split = splitNodes(names, ratio);
  const roles = {
    prefill: options.prefill === undefined ? split.prefill : nodesNamed("--prefill", options.prefill, names),
    decode: options.decode === undefined ? split.decode : nodesNamed("--decode", options.decode, names),
  };
  const shared = roles.prefill.some((node) => roles.decode.includes(node));
  const used = nodes.filter(({ name }) => roles.prefill.includes(name) || roles.decode.includes(name));
  const fewest = Math.min(...used.map(({ devices }) => devices));
  return {
    name: options.name ?? "cluster",
    model,
    nodes,
    connector,
    fields: (options.field ?? []).map(fieldOf),
    ...roles,
    ratio,
    tp: options.tp ?? firstTp(fewest, shared ? ratio.prefill + ratio.decode : 1),
  };
}

async function nodesOf(call: Call<InitOptions>, answer: Asker): Promise<readonly FirstNode[]> {
  const { options } = call;
  if (options.fromNodes !== undefined)
    return asked(
      call,
      options.fromNodes.flatMap((host) => expandRange(host)),
    );
  const hosts = expandRange(
    await answer({ flag: "--nodes", given: options.nodes, ask: 'Nodes (names or ranges; "local" for this machine)' }),
  );
  const hardware = await answer({
    flag: "--hardware",
    given: options.hardware,
    ask: `Hardware (${[...known.keys()].join(", ")})`,
  });
  const usual = known.get(hardware)?.devices;
  const devices = await answer({
    flag: "--devices",
    given: options.devices?.toString(),
    ask: "Devices of each node",
    otherwise: String(usual ?? (hardware === "cpu" ? CPU_DEVICES : 8)),
  });
  if (!/^[1-9]\d{0,3}$/.test(devices)) throw wrong("--devices", devices, "--devices 8");
  return named(hosts).map(({ name, host }) => ({ name, host, hardware, devices: Number(devices) }));
}
const CPU_DEVICES = 2; // shares of the machine: one for each role

const named = (hosts: readonly string[]) =>
  hosts.length === 1 && hosts[0] === "local"
    ? [{ name: "here", host: "local" }]
    : firstNames(hosts).map((name, i) => ({ name, host: hosts[i] ?? name }));

/** The nodes speak for themselves; what was said about them is shown. */
async function asked(call: Call<InitOptions>, hosts: readonly string[]): Promise<readonly FirstNode[]> {
  const [{ identify }, { silently }] = await Promise.all([
    import("../../../cluster/index.ts"),
    import("../../run/silently.ts"),
  ]);
  const machines = await silently(call, (run) => identify(hosts, run));
  const nodes = named(hosts).map(({ name, host }): FirstNode => {
    const machine = machines.get(host);
    const address = machine?.address;
    const nic = Object.entries(machine?.interfaces ?? {}).find(
      ([, own]) => address !== undefined && own.includes(address),
    )?.[0];
    return {
      name,
      host,
      hardware: call.options.hardware ?? machine?.hardware ?? "cpu",
      devices: call.options.devices ?? (machine?.devices || CPU_DEVICES),
      ...(address !== undefined && nic !== undefined && address !== host && { ip: address }),
      ...(nic !== undefined && { nic }),
    };
  });
  call.streams.err.lines(nodes.map((node) => seen(node, machines.get(node.host))));
  return nodes;
}

function seen({ host, nic, ip }: FirstNode, machine: Machine | undefined): string {
  const what =
    machine === undefined || machine.devices === 0
      ? `no accelerator, ${machine?.cpus ?? 0} CPUs`
      : `${machine.devices} × ${machine.product ?? machine.hardware}`;
  return `  ${host}   ${what}   ${[ip ?? machine?.address, ...(nic === undefined ? [] : [`on ${nic}`])].filter((part) => part !== undefined).join(" ")}`.trimEnd();
}

function ratioOf(text: string): FirstAnswers["ratio"] {
  const [, prefill, decode] = /^([1-9]\d?):([1-9]\d?)$/.exec(text) ?? [];
  if (prefill === undefined || decode === undefined) throw wrong("--ratio", text, "--ratio 1:2");
  return { prefill: Number(prefill), decode: Number(decode) };
}

function nodesNamed(flag: string, text: string, names: readonly string[]): readonly string[] {
  const wanted = expandRange(text);
  const unknown = wanted.find((name) => !names.includes(name));
  if (unknown === undefined) return wanted;
  throw new UserError("usage", {
    what: `${flag}: there is no node ${unknown}`,
    next: `${flag} one of ${foldRange(names)}`,
  });
}

function fieldOf(text: string): string {
  const [, key, value] = /^([A-Za-z_]\w*)=(.+)$/s.exec(text) ?? [];
  if (key === undefined || value === undefined) throw wrong("--field", text, "--field 'storage_backends=[/mnt/kv]'");
  return `${key}: ${value}`;
}

const wrong = (flag: string, text: string, next: string) =>
  new UserError("usage", { what: `${flag} ${JSON.stringify(text)} cannot be`, next: `pdctl init ${next}` });
