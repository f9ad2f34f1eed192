import type { Role } from "../topology/topology.ts";

/** A text that is to be imported. The name is shown before each line number. */
export interface Input {
  readonly name: string;
  readonly text: string;
  /** What its engines do, where the text does not say it. */
  readonly role?: Role;
}

/** A line of an input, from 1. */
export interface Spot {
  readonly file: string;
  readonly line: number;
}

export type Fate = "kept" | "changed" | "not carried over";

/** What became of a line, and why. */
export interface Remark extends Spot {
  readonly fate: Fate;
  /** The word or the command that it is about. */
  readonly what: string;
  readonly why: string;
  /** The source would not work as it stands, or only by luck. */
  readonly fault?: true;
  /** Without it there is no topology that could be run. */
  readonly missing?: true;
}

export type Say = (remark: Remark) => void;

/** Three voices of one listener, each with the place first. */
export interface Voice {
  readonly kept: (at: Spot, what: string, why: string) => void;
  readonly changed: (at: Spot, what: string, why: string) => void;
  readonly dropped: (at: Spot, what: string, why: string) => void;
  /** Changed because the source is wrong. */
  readonly fault: (at: Spot, what: string, why: string, fate?: Fate) => void;
  readonly missing: (at: Spot, what: string, why: string) => void;
}

export function voice(say: Say): Voice {
  const as =
    (fate: Fate, more: Pick<Remark, "fault" | "missing"> = {}) =>
    ({ file, line }: Spot, what: string, why: string) =>
      say({ file, line, fate, what, why, ...more });
  return {
    kept: as("kept"),
    changed: as("changed"),
    dropped: as("not carried over"),
    fault: ({ file, line }, what, why, fate = "changed") => say({ file, line, fate, what, why, fault: true }),
    missing: as("not carried over", { missing: true }),
  };
}
