import { era } from "../era.ts";

/** What a version dropped, took up or renamed. `lastOld` surely has the old way, `firstNew` surely the new; between them both are possible. */
export interface Drift {
  readonly kind: "flag" | "env";
  readonly name: string;
  readonly lastOld?: string;
  readonly firstNew: string;
  /** What to write from then on; unset: nothing is needed any more. */
  readonly replace?: string;
}

/** Source: launch.md §12, vllm-cpu.md §8. Months were placed between releases with a margin on both sides. */
export const removed: readonly Drift[] = [
  { kind: "flag", name: "swap-space", lastOld: "0.16", firstNew: "0.19" },
  { kind: "flag", name: "guided-decoding-backend", firstNew: "0.12", replace: "--structured-outputs-config" },
  { kind: "env", name: "VLLM_USE_TRTLLM_RAGGED_DEEPSEEK_PREFILL", lastOld: "0.13", firstNew: "0.17" },
  { kind: "env", name: "VLLM_USE_FLASHINFER_MOE_FP4", lastOld: "0.21", firstNew: "0.26", replace: "--moe-backend" },
  { kind: "env", name: "VLLM_ALL2ALL_BACKEND", lastOld: "0.10", firstNew: "0.13", replace: "--all2all-backend" },
  { kind: "env", name: "VLLM_USE_V1", lastOld: "0.10", firstNew: "0.12" },
];

/** Whether this version surely has no such flag or variable any more. An unknown version keeps everything. */
export const dropped = (kind: Drift["kind"], name: string, vllm: string | undefined): boolean =>
  removed.some((drift) => drift.kind === kind && drift.name === name && era(vllm, drift) === "new");
