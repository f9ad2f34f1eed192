import { listInventory } from "./inventory.ts";
import { readIni } from "./inventory-ini.ts";
import { readInventoryYaml } from "./inventory-yaml.ts";
import type { Listed, Unlisted } from "./listed.ts";
import { slurmNodes } from "./slurm.ts";

export type { Listed, ListedHost, Unlisted } from "./listed.ts";

/** What a topology may ask for outside of its own text; files and variables come in as values. */
export interface Outside {
  /** Undefined when there is no such file, or none that can be read. */
  read(path: string): Uint8Array | undefined;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** The hosts that `from` means: `slurm`, or the path of an Ansible inventory. */
export function listedBy(from: string, outside: Outside): Listed | Unlisted {
  if (from === "slurm") return slurmNodes(outside.env ?? {});
  const bytes = outside.read(from);
  if (bytes === undefined)
    return {
      wrong: `${from} is not there or cannot be read`,
      remedy: "slurm, or an Ansible inventory; the path counts from this file",
    };
  const text = new TextDecoder("utf-8").decode(bytes);
  const inventory = isIni(from, text) ? readIni(text) : readInventoryYaml(from, text);
  const listed = "wrong" in inventory ? inventory : listInventory(inventory);
  return "wrong" in listed ? { ...listed, wrong: `${from}: ${listed.wrong}` } : listed;
}

/** By the suffix; without one by the first line that says something: a section, or a host alone. */
function isIni(name: string, text: string): boolean {
  if (/\.ya?ml$|\.json$/.test(name)) return false;
  const first = text.split("\n").find((line) => !/^\s*([#;].*)?$/.test(line) && line.trim() !== "---") ?? "";
  return /\.ini$/.test(name) || !/^["']?[\w.-]+["']?\s*:(\s|$)/.test(first.trimStart());
}
