import { accessSync, constants, existsSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { ClusterEvent } from "../../cluster/events.ts";
import { UserError } from "../../errors.ts";
import { junit, type Suite } from "../../report/machine/junit.ts";
import { flush, plain, silent } from "../../report/plain/lines.ts";
import { begin } from "../../report/tally.ts";
import type { Call } from "../edge/call.ts";
import { fileTrouble } from "../edge/file-trouble.ts";

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

/** Before anything is started: a report that cannot be written shall not be found out at the end. @throws usage */
export function reportable(file: string): void {
  try {
    accessSync(dirname(resolve(file)), constants.W_OK);
    if (existsSync(file)) accessSync(file, constants.W_OK);
  } catch (error) {
    throw unwritable(file, error);
  }
}

const unwritable = (file: string, error: unknown) =>
  new UserError(
    "usage",
    {
      what: `${file} cannot be written: ${fileTrouble(error, "there is no such directory")}`,
      next: "pdctl test --junit FILE",
    },
    { cause: error },
  );

/** Whole, when all runs have ended. @throws usage where it cannot be written */
export function writeJunit(file: string, suites: readonly Suite[], { streams }: Call): void {
  try {
    writeFileSync(file, junit(suites, streams.redacted));
  } catch (error) {
    throw unwritable(file, error);
  }
}
