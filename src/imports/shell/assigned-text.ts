import type { Spot } from "../remark.ts";
import type { Assigned } from "./assignment.ts";
import { whole } from "./expand.ts";
import type { Script, World } from "./run.ts";
import type { Scope } from "./scope.ts";
import { plain, type Text } from "./text.ts";

const OPEN = /^(x{3,}|your_\w+_here)$/i; // how documents leave a value open

/** Where a statement stands: what it sees, and the loops around it. */
export interface Frame {
  readonly scope: Scope;
  readonly script: Script;
  readonly overrides: Readonly<Record<string, string>>;
  /** Names that count the loops around. */
  readonly loops: readonly string[];
}

/** The value that an assignment gives, and what is wrong with how it is made. */
export function assignedText(
  { name, value, sum: text }: Assigned,
  { scope, script, overrides, loops }: Frame,
  world: World,
): { text: Text; at: Spot } {
  const at = { file: script.name, line: value.line };
  const given = overrides[name];
  if (given !== undefined) return { text: [{ text: given, at }], at };
  const loop = loops.find((each) => new RegExp(`\\b${each}\\b`).test(text));
  if (loop !== undefined && new RegExp(`\\b${name}\\b`).test(text))
    world.voice.fault(
      at,
      `${name}=`,
      `it grows from its own last value: after ${loop} turns it is off by the sum of all before; base + ${loop} was meant`,
    );
  if (/^(cards|devices|gpus|npus)_per_(process|rank|engine)$/.test(name) && /\//.test(text) && !/tp|tensor/i.test(text))
    world.voice.fault(
      at,
      `${name}=`,
      "devices of the node over processes is not what a process needs: where the node is not full, each sees more than its tp · pp",
    );
  const pieces = whole(value, scope, script.name);
  const open = OPEN.test(plain(pieces));
  return { text: open ? [{ text: world.values[name] ?? `⟨${name}⟩`, at }] : pieces, at };
}
