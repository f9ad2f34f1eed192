import { UserError } from "../../errors.ts";
import type { Plan } from "../../plan/plan.ts";
import { pasted } from "../../quote.ts";
import { HIDDEN_FROM } from "../../report/text/ink.ts";
import type { Diagnostic } from "../../topology/rule.ts";
import type { Topology } from "../../topology/topology.ts";
import { several } from "../../words/numbers.ts";
import type { Call } from "../edge/call.ts";
import { EXIT } from "../edge/exit-codes.ts";
import { type Draft, draft } from "./draft.ts";
import { targetOf } from "./place.ts";

export interface Sound extends Draft {
  readonly topology: Topology;
  readonly plan: Plan;
}

/** For verbs that start from a plan: shows what is wrong with the topology and gives 3, or hands over what is sound. */
export async function onSound(
  call: Call,
  {
    argument,
    rehearse = false,
    modelConfig,
  }: { argument: string | undefined; rehearse?: boolean; modelConfig?: string | undefined },
  work: (sound: Sound) => Promise<number>,
): Promise<number> {
  const { options, env, streams } = call;
  const drafted = await draft({ argument, options, env, rehearse, modelConfig });
  const { topology, plan, file, diagnostics } = drafted;
  if (topology !== undefined && plan !== undefined) {
    call.aim.at(targetOf(call, argument, topology.name));
    streams.hide(Object.values(secretsOf(topology, env).present));
    return work({ ...drafted, topology, plan });
  }
  const [{ diagnosticLines }, { asJson, validateDocument }] = await Promise.all([
    import("../../report/text/diagnostics.ts"),
    import("../../report/machine/document.ts"),
  ]);
  if (options.ndjson === true) return toldInEvents(call, file, diagnostics);
  if (options.json === true)
    streams.out.raw(asJson(validateDocument({ file, cluster: null, findings: diagnostics, exit: EXIT.topology })));
  else streams.out.lines(diagnosticLines(file, diagnostics, ""));
  return EXIT.topology;
}

/** The same for whoever reads events. */
async function toldInEvents(call: Call, file: string, diagnostics: readonly Diagnostic[]): Promise<number> {
  const { attended } = await import("../run/attend.ts");
  return attended(call, async (run) => {
    for (const { code, level, title, remedy, also, ...place } of diagnostics) {
      const where = `${place.file}:${place.line}:${place.column}`;
      const then = also.length > 0 && { then: also.join("; ") };
      run.emit({ type: "finding", level, code, data: { title, where, do: remedy, ...then } });
    }
    const errors = diagnostics.filter(({ level }) => level === "error").length;
    run.emit({
      type: "result",
      level: "error",
      data: {
        verb: call.verb,
        exit: EXIT.topology,
        state: "unknown",
        seconds: 0,
        verdict: `${file} has ${several(errors, "error")}`,
        next: [`pdctl validate ${pasted(file)}`],
      },
    });
    return EXIT.topology;
  });
}

/** What names secrets: a topology, for its engines and for its proxy, or a list of them. */
type Naming = Pick<Topology, "secrets"> & { readonly proxy?: Pick<Topology["proxy"], "secrets"> };

const namesOf = ({ secrets, proxy }: Naming): readonly string[] => [
  ...new Set([...secrets, ...(proxy?.secrets ?? [])]),
];

/** The topology names them, the launcher's environment has them. */
export function secretsOf(
  topology: Naming,
  env: NodeJS.ProcessEnv,
): { readonly present: Readonly<Record<string, string>>; readonly missing: readonly string[] } {
  const secrets = namesOf(topology);
  const present = secrets.flatMap((name) =>
    env[name] === undefined || env[name] === "" ? [] : [[name, env[name]] as const],
  );
  return {
    present: Object.fromEntries(present),
    missing: secrets.filter((name) => !present.some(([one]) => one === name)),
  };
}

/** Looks up what only a record names, and hides it from then on. */
export const secretsFrom =
  (env: NodeJS.ProcessEnv, streams: Pick<Call["streams"], "hide">) => (names: readonly string[]) => {
    const secrets = allSecrets({ secrets: names }, env);
    streams.hide(Object.values(secrets));
    return secrets;
  };

export function allSecrets(topology: Naming, env: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  const { present, missing } = secretsOf(topology, env);
  if (missing.length > 0) throw new UserError("secret.missing", { names: missing });
  const short = Object.keys(present).filter((name) => (present[name] ?? "").length < HIDDEN_FROM);
  if (short.length > 0) throw new UserError("secret.short", { names: short, least: HIDDEN_FROM });
  return present;
}
