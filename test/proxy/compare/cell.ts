import type { Bench } from "./bench.ts";

/** What a proxy did in one case. `bad`: it lost, invented or changed a byte, hid a failure, left a connection open, or failed where it need not. */
export interface Cell {
  readonly grade: "fine" | "bad" | "note";
  readonly says: string;
}

export const fine = (says: string): Cell => ({ grade: "fine", says });
export const bad = (says: string): Cell => ({ grade: "bad", says });
/** Neither: it works otherwise, or the case is none for it. */
export const note = (says: string): Cell => ({ grade: "note", says });

export interface Case {
  readonly what: string;
  run(bench: Bench): Promise<Cell>;
}
