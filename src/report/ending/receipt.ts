import type { ReceiptData, ReceiptRow } from "../../cluster/down/data.ts";
import { folded } from "../../words/names.ts";
import { table } from "../text/table.ts";

const HEAD = ["NODE", "PROCESSES", "PORTS", "DEVICE MEMORY", "SHARED MEMORY", "FILES"];

/** What each node still holds; nodes with the same row are one. */
export function receiptTable({ nodes }: ReceiptData): string[] {
  const rows = new Map<string, { sign: string; names: string[]; cells: string[] }>();
  for (const node of nodes) {
    const { sign, cells } = rowOf(node);
    const key = [sign, ...cells].join("\t");
    const row = rows.get(key) ?? { sign, names: [], cells };
    rows.set(key, { ...row, names: [...row.names, node.node] });
  }
  const signed = [...rows.values()].sort((a, b) => ORDER.indexOf(a.sign) - ORDER.indexOf(b.sign));
  const lines = table([HEAD, ...signed.map(({ names, cells }) => [folded(names), ...cells])]);
  return lines.map((line, index) => `${signed[index - 1]?.sign ?? " "} ${line}`);
}

const ORDER = ["✔", "?", "✖"];

function rowOf({ processes, ports, deviceMemory, sharedMemory, files }: ReceiptRow): { sign: string; cells: string[] } {
  const counts = [processes, ports, sharedMemory, files];
  const held = counts.some((count) => count !== null && count > 0) || deviceMemory?.startsWith("+") === true;
  const sign = held ? "✖" : counts.includes(null) ? "?" : "✔";
  return { sign, cells: [shown(processes), shown(ports), deviceMemory ?? "?", shown(sharedMemory), shown(files)] };
}

const shown = (count: number | null) => (count === null ? "?" : String(count));
