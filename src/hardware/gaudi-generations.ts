import { gaudi } from "./gaudi.ts";
import type { Hardware } from "./hardware.ts";

/** Eight modules in a box, wired in pairs and quads. Source: launch.md §1.6. */
export const gaudi2: Hardware = { ...gaudi, name: "gaudi2", about: "Intel Gaudi 2", devices: 8, memoryGib: 96 };
export const gaudi3: Hardware = { ...gaudi, name: "gaudi3", about: "Intel Gaudi 3", devices: 8, memoryGib: 128 };
