import { parseRange } from "../../words/range.ts";
import type { Listed, Unlisted } from "./listed.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** The nodes of the allocation that pdctl was started in. Source: srun's environment; SLURM_NODELIST is the older name. */
export function slurmNodes(env: Environment): Listed | Unlisted {
  const text = env["SLURM_JOB_NODELIST"] || env["SLURM_NODELIST"];
  if (text === undefined || text === "")
    return {
      wrong: "there is no SLURM allocation here: SLURM_JOB_NODELIST is not set",
      remedy: "run it under salloc or sbatch",
    };
  const range = parseRange(text);
  if ("wrong" in range) return { wrong: `SLURM_JOB_NODELIST is not a range: ${range.wrong}`, remedy: "n[001-004]" };
  return { hosts: range.names.map((name) => ({ name })), groups: new Map() };
}
