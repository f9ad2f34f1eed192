import type { Command } from "commander";
import { exitLines } from "./exits.ts";

/** What `pdctl VERB --help` says beside the options. */
export interface VerbHelp {
  readonly sentence: string;
  /** Examples, how to undo: as they stand. Exit codes come of themselves. */
  readonly after?: readonly string[];
}

const FLAGS = 23; // columns of the flags, after the indent

export function helped(command: Command, { sentence, after = [] }: VerbHelp): Command {
  command.description(sentence);
  command.helpInformation = () => verbHelp(command, { sentence, after });
  return command;
}

function verbHelp(command: Command, { sentence, after = [] }: VerbHelp): string {
  const args = command.registeredArguments.map((argument) => {
    const name = `${argument.name()}${argument.variadic ? "..." : ""}`;
    return argument.required ? name.toUpperCase() : `[${name}]`;
  });
  const rows = command.options
    .filter(({ hidden }) => !hidden)
    .map(({ flags, description }) => `  ${flags.replace(/[<>]/g, "").padEnd(FLAGS - 1)} ${description}`);
  const usage = ["Usage ", "pdctl", command.name(), ...args, "[options]"].join(" ");
  const undo = after.filter((line) => line.startsWith("Undo "));
  const before = after.filter((line) => !undo.includes(line));
  return [
    sentence,
    "",
    usage,
    ...(rows.length === 0 ? [] : ["", ...rows]),
    ...(before.length === 0 ? [] : ["", ...before]),
    ...(before.at(-1)?.startsWith("Asks ") ? [] : [""]),
    ...exitLines(command.name()),
    ...undo,
    "",
  ].join("\n");
}

export const ROOT_HELP = `pdctl brings up a prefill/decode vLLM cluster on your own nodes, proves it, and takes it down.

Usage  pdctl <verb> [topology] [options]

Write     init        ask, and write a first topology
          import      write a topology from scripts and recipes that you have
          validate    find what is wrong in a topology, before any SSH
          plan        show every process, argument, port and device
          explain     what a code means and what to do: pdctl explain P03
Run       check       ask the nodes whether the plan can run there; --fix
          up          start, wait, prove that a token crossed from prefill to decode
          smoke       prove it again
          bench       vllm bench serve against the proxy
          restart     restart instances, with the peers that have to follow
          down        stop everything, leave nothing, hand out a receipt
Look      status      what runs where
          logs        logs of roles, instances, engines; -f
          exec        run a command on all nodes
          orphans     engines of former runs, and who is in the way; --kill
          trust       look at the nodes' host keys once, and keep them
Share     test        for CI: up, smoke, always down
Try       demo        a cluster on this machine in 30 seconds, no accelerator
Other     schema  completion  version  proxy  sim

Common options
  -f, --file FILE      the topology, or -; else $PDCTL_TOPOLOGY, ./cluster.yaml, ./pdctl.yaml
  --set PATH=VALUE     change one value, any number of times
  --hosts RANGE|FILE   put these hosts in the place of the topology's, in order
  --cluster NAME --host HOST   what runs, found on any of its nodes without a topology
  --json               one document in place of lines
  --ndjson             events: check up smoke bench restart down status logs orphans test
  --no-color, --ascii, -q, --debug

A first cluster     pdctl demo
A real one          pdctl init && pdctl plan && pdctl up
Verb by verb        pdctl up --help
`;
