import type { Role } from "../topology/topology.ts";
import type { Piece } from "./documents/documents.ts";
import type { Spot, Voice } from "./remark.ts";
import { roleNamed } from "./role.ts";
import type { Command } from "./shell/command.ts";
import { Shell } from "./shell/run.ts";
import { Scope } from "./shell/scope.ts";
import type { Text } from "./shell/text.ts";

/** One execution of a script, with other values for some of its variables. */
export interface Run {
  readonly script: string;
  readonly values: Readonly<Record<string, string>>;
}

type Take = (command: Command, extras: { readonly machine?: string }) => void;

/**
 * Runs scripts in their order. One that starts nothing leaves its variables to those behind it, as documents mean it: exports under a
 * heading of one role go to that role's engines only.
 */
export function readScripts(
  pieces: readonly Piece[],
  ask: { readonly runs: readonly Run[]; readonly values: Readonly<Record<string, string>> },
  voice: Voice,
  take: Take,
  wrote: (file: string, text: string, at: Spot) => void,
): void {
  const named = new Map(
    pieces.flatMap((piece) => (piece.called === undefined ? [] : [[piece.called, piece] as const])),
  );
  const forRole = new Map<Role, Map<string, { readonly text: Text; readonly at: Spot }>>();
  let common = new Scope();
  for (const run of ask.runs)
    if (!named.has(run.script.split("/").at(-1) ?? ""))
      voice.missing(
        { file: pieces[0]?.name ?? "", line: 1 },
        `--run ${run.script}`,
        `no script of this name is here: ${[...named.keys()].join(", ")}`,
      );
  for (const piece of pieces) {
    const mine = ask.runs.filter((run) => run.script.split("/").at(-1) === piece.called);
    if (mine.length === 0 && isCalled(piece, pieces, ask.runs)) {
      voice.kept(
        { file: piece.name, line: piece.firstLine ?? 1 },
        piece.called ?? "",
        "it is read where another script calls it",
      );
      continue;
    }
    for (const { values } of mine.length > 0 ? mine : [{ values: {} }]) {
      const started: Command[] = [];
      const shell = new Shell({
        voice,
        scripts: named,
        values: ask.values,
        started: (command) => started.push(command),
        wrote,
      });
      const scope = new Scope(common);
      shell.run(piece, scope, values);
      if (started.length > 0)
        for (const command of started)
          take(withRole(command, forRole), piece.machine === undefined ? {} : { machine: piece.machine });
      else common = handedOn(scope, common, roleNamed(piece.hint?.find((text) => text !== "") ?? ""), forRole);
    }
  }
}

/** Another script names it, or a run does. */
function isCalled({ called, text }: Piece, pieces: readonly Piece[], runs: readonly Run[]): boolean {
  if (called === undefined) return false;
  if (
    /^run_dp_template\w*\.sh$/.test(called) &&
    pieces.some((other) => /launch_(online_dp|dp_program)\.py/.test(other.text))
  )
    return true;
  const name = new RegExp(`(^|[\\s"'/=])${called.replaceAll(".", "\\.")}\\b`, "m");
  return (
    pieces.some((other) => other.text !== text && name.test(other.text)) ||
    runs.some(({ values }) => Object.values(values).some((value) => name.test(value)))
  );
}

function handedOn(
  scope: Scope,
  before: Scope,
  role: Role | undefined,
  forRole: Map<Role, Map<string, { text: Text; at: Spot }>>,
): Scope {
  if (role === undefined) return scope;
  const own = forRole.get(role) ?? new Map<string, { text: Text; at: Spot }>();
  for (const [name, at] of scope.exported) {
    if (before.exported.has(name)) continue;
    own.set(name, { text: scope.vars.get(name) ?? [], at });
    scope.exported.delete(name);
  }
  forRole.set(role, own);
  return scope;
}

function withRole(
  command: Command,
  forRole: ReadonlyMap<Role, ReadonlyMap<string, { readonly text: Text; readonly at: Spot }>>,
): Command {
  const role = command.hint.map(roleNamed).find((each) => each !== undefined);
  const extra = role === undefined ? undefined : forRole.get(role);
  return extra === undefined ? command : { ...command, env: new Map([...extra, ...command.env]) };
}
