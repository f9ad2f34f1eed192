import { UserError } from "../../errors.ts";
import { duration } from "../../words/numbers.ts";

/** What went wrong on nodes, one error each; a verb that cannot do without them ends with this. */
export class NodeErrors extends Error {
  override readonly name = "NodeErrors";
  readonly errors: readonly UserError[];
  readonly of: number;
  constructor(errors: readonly UserError[], of: number) {
    super(`${errors.length} of ${of} nodes`);
    this.errors = errors;
    this.of = of;
  }
}

/** Only errors of the user's world are answers; everything else is a bug and goes up. */
export function userError(error: unknown): UserError {
  if (error instanceof UserError) return error;
  throw error;
}

/** Why a node does not answer, in the words of a table's last column: `no answer in 10s`. */
export function whyOf({ code, facts }: UserError): string {
  if ("afterMs" in facts && facts.afterMs >= 1000) return `no answer in ${duration(facts.afterMs / 1000)}`;
  if ("why" in facts) return facts.why;
  return code === "node.silent" ? "no answer" : code.replace(/^node\./, "").replaceAll("-", " ");
}
