import type { Hardware } from "./hardware.ts";
import { rocm } from "./rocm.ts";

/** AMD MI300X: gfx942, eight in a node. Source: launch.md §4.4, §9.4. */
export const mi300x: Hardware = {
  ...rocm,
  name: "mi300x",
  about: "AMD Instinct MI300X (gfx942)",
  devices: 8,
  memoryGib: 192,
  env: { ...rocm.env, HSA_NO_SCRATCH_RECLAIM: "1", MORI_GPU_ARCHS: "gfx942" },
};
