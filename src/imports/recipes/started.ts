import type { Json, Role } from "../../topology/topology.ts";
import type { At } from "../commands/engine.ts";
import type { Command } from "../shell/command.ts";

/** What a recipe says of a process beside its command line. */
export interface Extras {
  readonly role?: Role;
  readonly machine?: string;
  readonly hardware?: string;
  readonly runtime?: At<Readonly<Record<string, Json>>>;
  readonly secrets?: readonly string[];
  /** First of the ports that the recipe's own launcher counts out. */
  readonly sideChannel?: number;
  /** Equal processes. */
  readonly copies?: number;
  /** Port inside a container → port of the machine, and what other services call this one. */
  readonly published?: ReadonlyMap<number, number>;
  readonly called?: readonly string[];
}

export interface Started {
  readonly command: Command;
  readonly extras: Extras;
}
