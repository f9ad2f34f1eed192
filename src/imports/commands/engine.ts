import type { Json, Role } from "../../topology/topology.ts";
import type { Spot } from "../remark.ts";

/** A value and where it was written. */
export interface At<Value> {
  readonly value: Value;
  readonly at: Spot;
}

/** A variable as a topology has it: a text, or what is put in front of and behind the node's own path list. */
export type Variable = string | { readonly prepend?: readonly string[]; readonly append?: readonly string[] };

/** One process of `vllm serve` as a source starts it, before it is known which instance it belongs to. */
export interface Engine {
  readonly at: Spot;
  readonly role?: Role;
  readonly model?: At<string>;
  readonly servedName?: string;
  readonly tokenizer?: string;
  readonly host?: At<string>;
  readonly port: At<number>;
  /** Address or name of the machine that it runs on. */
  readonly machine?: At<string>;
  readonly group: Group;
  /** Flags that stay flags. */
  readonly args: ReadonlyMap<string, At<Json>>;
  readonly env: ReadonlyMap<string, At<Variable>>;
  /** Names whose values a source takes from elsewhere. */
  readonly secrets: readonly string[];
  readonly kv?: At<Readonly<Record<string, Json>>>;
  readonly hardware?: string;
  readonly devices?: At<readonly string[]>;
  readonly nic?: At<string>;
  readonly seed?: At<string>;
  readonly layout?: At<string>;
  readonly sideChannel?: At<number>;
  readonly runtime?: At<Readonly<Record<string, Json>>>;
  readonly venv?: string;
}

/** What its command line says of the group it is a part of. */
export interface Group {
  readonly tp: number;
  readonly pp: number;
  readonly pcp: number;
  readonly dcp: number;
  readonly dp: number;
  readonly dpLocal?: number;
  /** Of exactly one rank: external. */
  readonly rank?: number;
  /** Of the first of several. */
  readonly start?: number;
  readonly address?: At<string>;
  readonly rpcPort?: number;
  readonly hybrid: boolean;
  readonly external: boolean;
  readonly headless: boolean;
  readonly expertParallel?: boolean;
  readonly nnodes: number;
  readonly nodeRank: number;
  readonly masterPort?: number;
}
