import type { UserError } from "../../errors.ts";
import type { EventBody, FindingData } from "../events.ts";
import type { Pulse } from "./pulse.ts";

/** One call of pdctl: what every verb gets beside its own question. Made by cli, passed down unchanged. */
export interface Run {
  /** Short id of this call, in every event. */
  readonly id: string;
  readonly version: string;
  /** `user@machine` of the launcher, written into state and lock. */
  readonly owner: string;
  /** The page of the CI job that runs this, where there is one. */
  readonly link?: string;
  readonly signal: AbortSignal;
  /** Of a verb that holds locks: it must not go on after it stood still. */
  readonly pulse?: Pulse;
  emit(body: EventBody): void;
  /** The generation and cluster that following events carry. */
  about(cluster: string, generation: number): void;
  /** Texts of templates/, by path without suffix: `supervise/start`, `launch/launch`, `gather/node`. */
  readonly templates: Readonly<Record<string, string>>;
  /** pdctl's own programs on the launcher: absolute path and digest. */
  program(
    name: "proxy" | "sim" | "node",
  ): Promise<{ readonly path: string; readonly sha256: string; readonly bytes: number }>;
  /** Launcher state: $XDG_STATE_HOME/pdctl. */
  readonly stateHome: string;
  /** The card of errors that share one code, folded over their nodes; text is made at the edge. */
  describe(errors: readonly UserError[]): FindingData;
  /** Exit code of an error of the user's world (design.md §7). */
  exitOf(error: UserError): number;
  /**
   * Asks the user a question that is answered yes or no. Where nobody can be asked, the answer is `otherwise` (default: yes), and said;
   * with --yes it is yes everywhere.
   */
  confirm(question: string, otherwise?: "yes" | "no"): Promise<boolean>;
  /** Monotonic milliseconds. */
  clock(): number;
}
