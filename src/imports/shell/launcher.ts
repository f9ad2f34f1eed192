import { roleNamed } from "../role.ts";
import type { Field } from "./text.ts";

/** A launcher's own call of its template: the words of each rank. */
export interface Launch {
  /** Names of the template, the likeliest first. */
  readonly templates: readonly string[];
  readonly ranks: readonly (readonly string[])[];
}

/**
 * `launch_online_dp.py`: one template per local rank, with devices, port, dp, rank, address, rpc port and tp as its words.
 * Undefined: another program. Source: launch.md §2.4.
 */
export function launchOf(
  fields: readonly Field[],
  hint: readonly string[],
  known: readonly string[],
): Launch | undefined {
  const place = fields.findIndex(({ text }) => /(^|\/)launch_(online_dp|dp_program)\.py$/.test(text));
  if (place < 0) return undefined;
  const flags = new Map<string, string>();
  for (let i = place + 1; i < fields.length; i += 1) {
    const [, name = "", inline] = /^--([\w-]+)(?:=(.*))?$/.exec(fields[i]?.text ?? "") ?? [];
    if (name !== "") flags.set(name, inline ?? fields[i + 1]?.text ?? "");
  }
  const number = (name: string, otherwise: number) => Number(flags.get(name) ?? otherwise);
  const [dp, tp] = [number("dp-size", 1), number("tp-size", 1)];
  const local = number("dp-size-local", -1) === -1 ? dp : number("dp-size-local", dp);
  const [start, port, card] = [
    number("dp-rank-start", 0),
    number("vllm-start-port", 9000),
    number("local-dp-start-rank", 0),
  ];
  const ranks = Array.from({ length: Number.isInteger(local) ? Math.min(local, MOST) : 0 }, (_, i) => [
    Array.from({ length: tp }, (_unused, k) => card + i * tp + k).join(","),
    String(port + i),
    String(dp),
    String(start + i),
    flags.get("dp-address") ?? "",
    flags.get("dp-rpc-port") ?? "12345",
    String(tp),
  ]);
  const role = roleNamed(flags.get("dp-deploy-role") ?? "") ?? hint.map(roleNamed).find((each) => each !== undefined);
  const own = known.filter((name) => /^run_dp_template\w*\.sh$/.test(name));
  const fits = own.filter(
    (name) => role !== undefined && (roleNamed(name) === role || name.endsWith(`_${role[0]}.sh`)),
  );
  return { templates: [...fits, "run_dp_template.sh", ...(own.length === 1 ? own : [])], ranks };
}
const MOST = 512;
