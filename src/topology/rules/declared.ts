import type { z } from "zod";
import { connectors } from "../../connectors/index.ts";
import { hardware } from "../../hardware/index.ts";
import type { AnyRule } from "../rule.ts";
import type { Topology } from "../topology.ts";
import { topologyRules } from "./index.ts";
import type { Modelled } from "./modelled.ts";

/** What the other rooms declare for the loader: names, schemas, rules. Nothing of what they do. */
export interface Declared {
  readonly hardware: ReadonlyMap<
    string,
    { readonly rules: readonly AnyRule<Topology>[]; readonly devices?: number; readonly family: string }
  >;
  readonly connectors: ReadonlyMap<
    string,
    {
      readonly name: string;
      readonly fields: z.ZodType;
      readonly uses: readonly ("transfer" | "cache")[];
      readonly rules: readonly AnyRule<Topology>[];
      readonly modelRules?: readonly AnyRule<Modelled>[];
    }
  >;
  readonly rules: readonly AnyRule<Topology>[];
}

export const declared: Declared = { hardware, connectors, rules: topologyRules };
