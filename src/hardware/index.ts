import { a2 } from "./a2.ts";
import { a3 } from "./a3.ts";
import { ascend } from "./ascend.ts";
import { cpu } from "./cpu.ts";
import { cuda } from "./cuda.ts";
import { gaudi } from "./gaudi.ts";
import { gaudi2, gaudi3 } from "./gaudi-generations.ts";
import { gb200 } from "./gb200.ts";
import type { Hardware } from "./hardware.ts";
import { mi300x } from "./mi300x.ts";
import { rocm } from "./rocm.ts";

/** By the name that `nodes[].hardware` takes: families, each followed by its generations. A node without an accelerator that runs no engine says `none`. */
export const hardware: ReadonlyMap<string, Hardware> = new Map(
  [cuda, gb200, rocm, mi300x, gaudi, gaudi2, gaudi3, ascend, a2, a3, cpu].map((one) => [one.name, one]),
);
