import { writeFileSync } from "node:fs";
import type { ClusterEvent } from "../../cluster/events.ts";
import { UserError } from "../../errors.ts";
import { junit, type Suite } from "../../report/machine/junit.ts";
import { flush, plain, silent } from "../../report/plain/lines.ts";
import { begin } from "../../report/tally.ts";
import type { Call } from "../edge/call.ts";

/** Keeps what a run says off a terminal, line by line, for a report of it. */
export class Recorder {
  #plain;
  readonly #lines: string[] = [];

  constructor({ verb, places }: Call) {
    this.#plain = silent(begin(verb, { places }));
  }

  event(event: ClusterEvent): void {
    this.#plain = plain(this.#plain, event);
    this.#lines.push(...this.#plain.lines);
  }

  get suite(): Suite {
    const { state, lines } = flush(this.#plain);
    return { state, lines: [...this.#lines, ...lines] };
  }
}

/** Whole, when all runs have ended. @throws usage where it cannot be written */
export function writeJunit(file: string, suites: readonly Suite[], { streams }: Call): void {
  try {
    writeFileSync(file, junit(suites, streams.redacted));
  } catch (error) {
    const what = `${file} was not written: ${error instanceof Error ? error.message : String(error)}`;
    throw new UserError("usage", { what, next: "pdctl test --junit FILE" }, { cause: error });
  }
}
