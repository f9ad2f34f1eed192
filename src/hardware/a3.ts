import { ascend } from "./ascend.ts";
import type { Hardware } from "./hardware.ts";

/** Atlas A3 (910C): a card has two dies, each a device of its own. Source: launch.md §1.6, §8.1. */
export const a3: Hardware = {
  ...ascend,
  name: "a3",
  about: "Huawei Ascend Atlas A3 (910C), two devices per card",
  devices: 16,
};
