import type { DeviceFact } from "../facts.ts";
import { type Lines, linesOf } from "../lines.ts";
import { ascendDevices } from "./ascend.ts";
import { cudaDevices } from "./cuda.ts";
import { gaudiDevices } from "./gaudi.ts";
import { rocmDevices } from "./rocm.ts";

/** A vendor's tool, and the reader of what it lists; by family of accelerators. */
const tools: Readonly<
  Record<string, { readonly tool: string; readonly read: (lines: Lines) => readonly DeviceFact[] }>
> = {
  cuda: { tool: "nvidia-smi", read: cudaDevices },
  rocm: { tool: "rocm-smi", read: rocmDevices },
  gaudi: { tool: "hl-smi", read: gaudiDevices },
  ascend: { tool: "npu-smi", read: ascendDevices },
};

/** What the accelerator's tool lists; undefined: it was not asked, is not there, or did not answer. */
export function devices(lines: Lines): readonly DeviceFact[] | undefined {
  const asked = Object.values(tools).find(({ tool }) => tool === lines.one("tool"));
  return asked?.read(lines);
}

/** The same of a node whose accelerator nobody knows yet: by family, of every tool that answered. */
export const devicesByFamily = (lines: Lines): ReadonlyMap<string, readonly DeviceFact[]> =>
  new Map(
    Object.entries(tools).flatMap(([family, { tool, read }]) =>
      lines.all("tool").includes(tool) ? [[family, read(lines)] as const] : [],
    ),
  );

/** All devices that any tool lists, from what their scripts print. */
export const readDevices = (text: string): readonly DeviceFact[] => [...devicesByFamily(linesOf(text)).values()].flat();
