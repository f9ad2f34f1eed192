import type { DeviceFact } from "../facts.ts";
import { count, type Lines, split } from "../lines.ts";

/**
 * The table of `npu-smi info`: two rows per chip (name and health, then bus and memory in MiB), then one per process. A chip's id is
 * its own (`Phy-ID`) where a card has two, else the card's. Source: launch.md §5.5, §1.6.
 */
export function ascendDevices(lines: Lines): readonly DeviceFact[] {
  const rows = lines.all("ascend").map((row) =>
    row
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
  const chips: Chip[] = [];
  const held: { at: string; pid: number; command: string; usedMb: number }[] = [];
  let head: readonly string[] = [];
  for (const [first = "", second = "", third = "", fourth = ""] of rows) {
    if (/^[0-9a-f]{4}:/i.test(second)) chips.push(chip(head, first, third));
    else if (/^\d+$/.test(second))
      held.push({ at: first.replace(/\s+/, " "), pid: count(second), command: third, usedMb: count(fourth) });
    else head = [first, second];
  }
  const [links, switches] = [byId(lines.all("ascend-link")), byId(lines.all("ascend-tls"))];
  return chips.map(({ at, health, ...device }) => {
    const [link, tls] = [links.get(device.id), switches.get(device.id)];
    return {
      ...device,
      holders: held.filter((one) => one.at === at).map(({ at: _at, ...holder }) => holder),
      faults: [
        ...(health === "OK" || health === "" ? [] : [`health is ${health}`]),
        ...(link === undefined || link === "UP" ? [] : [`link is ${link}`]),
      ],
      ...(tls !== undefined && { switches: { tls } }),
    };
  });
}

interface Chip extends Pick<DeviceFact, "id" | "name" | "usedMb" | "totalMb"> {
  /** `NPU CHIP`, as the table of processes names it. */
  readonly at: string;
  readonly health: string;
}

function chip([card = "", health = ""]: readonly string[], place: string, memory: string): Chip {
  const [npu = "", name = ""] = card.split(/\s+/);
  const [number = "0", physical = npu] = place.split(/\s+/);
  const [, used, total] = /(\d+)\s*\/\s*(\d+)$/.exec(memory) ?? []; // the last pair is the device's own memory
  return { id: physical, name, usedMb: count(used), totalMb: count(total), at: `${npu} ${number}`, health };
}

const byId = (lines: readonly string[]): ReadonlyMap<string, string> => new Map(lines.map(split));
