import type { AnyRule } from "../../topology/rule.ts";
import type { Topology } from "../../topology/topology.ts";
import { runsOn } from "../hardware.ts";
import { speaks } from "../proxies.ts";
import { divisible } from "../tp.ts";

/** Accelerators that it runs on. Source: launch.md §3.3. */
export const families: readonly string[] = ["cuda"];

const a10 = speaks("mooncake");

export const rules: readonly AnyRule<Topology>[] = [a10, runsOn("mooncake", families), divisible];
