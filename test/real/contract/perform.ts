import type { Case, Stage } from "./case.ts";
import type { Launcher } from "./launcher.ts";
import type { Seen } from "./seen.ts";

/** A stage that is being played: what is seen in each case, once it is its turn. */
export interface Performance<World> {
  seen(one: Case<World>): Promise<Seen>;
  /** Everything is over, and no engine runs any more. */
  readonly over: Promise<void>;
}

/** Starts the engines of a stage and does all its cases, one after the other; one that fails does not keep the next from its turn. */
export function perform<World>(stage: Stage<World>, launcher: Launcher): Performance<World> {
  const started = stage.start(launcher);
  const all = new Map<Case<World>, Promise<Seen>>();
  let before: Promise<unknown> = started;
  for (const one of stage.sections.flatMap(({ cases }) => cases)) {
    const mine = before.then(async () => asKept(await one.act(await started)));
    all.set(one, mine);
    before = mine.catch(() => started); // its own test says why; without engines there is no next one
  }
  const over = before.then(
    async () => (await started)[Symbol.asyncDispose](),
    () => undefined, // nothing was started: every test says so
  );
  return {
    seen: (one) => all.get(one) ?? Promise.reject(new Error(`${one.name} is not of this stage`)),
    over,
  };
}

/** As it comes back from a file: keys without a value are not there. */
const asKept = (seen: Seen): Seen => (seen === undefined ? null : JSON.parse(JSON.stringify(seen)));
