import type { DeviceFact } from "../facts.ts";
import type { Lines } from "../lines.ts";
import { ascendDevices } from "./ascend.ts";
import { cudaDevices } from "./cuda.ts";
import { gaudiDevices } from "./gaudi.ts";
import { rocmDevices } from "./rocm.ts";

const tools: Readonly<Record<string, (lines: Lines) => readonly DeviceFact[]>> = {
  "nvidia-smi": cudaDevices,
  "rocm-smi": rocmDevices,
  "hl-smi": gaudiDevices,
  "npu-smi": ascendDevices,
};

/** What the accelerator's tool lists; undefined: it was not asked, is not there, or did not answer. */
export function devices(lines: Lines): readonly DeviceFact[] | undefined {
  return tools[lines.one("tool") ?? ""]?.(lines);
}
