import type { OrphanData } from "../../cluster/orphans/data.ts";
import { runs } from "../../words/names.ts";
import { duration } from "../../words/numbers.ts";
import { table } from "../text/table.ts";

const HEAD = ["NODE", "WHAT", "WHOSE", "PID", "PORTS", "DEVICES", "AGE", "WHY"];

/** One row for each service that is an orphan, each cluster that runs, each stranger; what `--kill` would end comes first. */
export function orphanLines(found: readonly OrphanData[]): string[] {
  if (found.length === 0) return [];
  const rows = found.toSorted((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
  const lines = table([HEAD, ...rows.map(cells)]);
  return [...lines.map((line, index) => `${signOf(rows[index - 1])} ${line}`), ""];
}

const ORDER: readonly OrphanData["kind"][] = ["orphan", "foreign", "stranger", "cluster"];

function signOf(row: OrphanData | undefined): string {
  if (row === undefined) return " ";
  if (row.state === "ended") return "✔";
  return row.kind === "orphan" ? "✖" : row.kind === "cluster" ? "·" : "⚠";
}

const END = { lives: "", ended: "; ended", left: "; outlived SIGKILL" } as const;

function cells({ node, pids, ports, devices, seconds, why, state, ...who }: OrphanData): string[] {
  return [
    node,
    what(who),
    who.owner ?? who.user,
    pids.length === 0
      ? "?"
      : pids.length < 4
        ? pids.join(",")
        : `${pids.slice(0, 3).join(",")} and ${pids.length - 3} more`,
    ports.length === 0 ? "-" : runs(ports.map(String)),
    devices.length === 0 ? "-" : runs(devices),
    seconds === null ? "-" : duration(seconds),
    `${why}${END[state]}`,
  ];
}

const SHOWN = 32;

function what({
  cluster,
  service,
  generation,
  command,
}: Pick<OrphanData, "cluster" | "service" | "generation" | "command">): string {
  if (cluster === null) return command.length <= SHOWN ? command : `${command.slice(0, SHOWN - 1)}…`;
  return service === null ? `cluster ${cluster}` : `${service} of ${cluster}, ${generation}`;
}
