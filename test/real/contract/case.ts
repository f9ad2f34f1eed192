import type { Engine } from "./engine.ts";
import type { Launcher } from "./launcher.ts";
import type { Unit } from "./metrics.ts";
import type { Seen } from "./seen.ts";

/** One thing that is done to an engine, and what is then seen of it. */
export interface Case<World> {
  readonly name: string;
  readonly act: (world: World) => Promise<Seen>;
  /** Where the stand-in is known to be different. Every difference that is not here fails, and so does one that is not there any more. */
  readonly differs?: readonly Differs[];
}

export interface Differs {
  /** A place in what is seen, or the beginning of one. */
  readonly at: string;
  readonly why: string;
}

/** Cases that belong together: one fixture, one table of the page. */
export interface Section<World> {
  readonly name: string;
  readonly title: string;
  readonly cases: readonly Case<World>[];
}

/** One start of engines and all that is done to them, in this order. */
export interface Stage<World> {
  readonly name: string;
  readonly start: (launcher: Launcher) => Promise<World & AsyncDisposable>;
  readonly sections: readonly Section<World>[];
}

/** A prefill and a decode engine that have met. */
export interface Pair {
  readonly launcher: Launcher;
  readonly p: Engine;
  readonly d: Engine;
  readonly unit: Unit;
}
