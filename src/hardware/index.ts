import { ascend } from "./ascend.ts";
import { cpu } from "./cpu.ts";
import { cuda } from "./cuda.ts";
import { gaudi } from "./gaudi.ts";
import { gb200 } from "./gb200.ts";
import type { Hardware } from "./hardware.ts";
import { rocm } from "./rocm.ts";

/** By the name that `nodes[].hardware` takes. A node without an accelerator that runs no engine says `none`. */
export const hardware: ReadonlyMap<string, Hardware> = new Map(
  [cuda, gb200, rocm, gaudi, ascend, cpu].map((one) => [one.name, one]),
);
