import type { SeenKey } from "../../nodes/session.ts";
import { several } from "../../words/numbers.ts";
import { table } from "../text/table.ts";

const SIGN = { known: "✔", unknown: "·", changed: "✖" } as const;

/** One row for every host key: what a person compares before the one yes. */
export function trustTable(keys: readonly SeenKey[]): string[] {
  const rows = keys.map(({ standing, name, bastion, address, type, fingerprint, known, where }) => [
    SIGN[standing],
    bastion ? `${name} (bastion)` : name,
    address,
    type,
    fingerprint,
    standing === "changed" ? `known: ${known ?? ""} (${where ?? ""})` : standing,
  ]);
  return table([["", "NODE", "ADDRESS", "TYPE", "FINGERPRINT", "KNOWN"], ...rows]);
}

export const trustQuestion = (count: number) => `Write ${several(count, "host key")} into known_hosts? [y/N] `;
