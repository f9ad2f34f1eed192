import { ascend } from "./ascend.ts";
import type { Hardware } from "./hardware.ts";

/** Atlas A2 (910B): a device is a card. Source: launch.md §1.6, §8.1. */
export const a2: Hardware = { ...ascend, name: "a2", about: "Huawei Ascend Atlas A2 (910B)", devices: 8 };
