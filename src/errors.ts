/** The errors a user can act on, each with the facts it must carry. A new line does not compile until report/ has a text for it. */
export interface ErrorFacts {
  /** The command line was not understood. Exit 2. */
  usage: { what: string; next: string };
  /** A file that was asked for is not there or cannot be read; where it was to be a topology, those that are beside it. Exit 2. */
  "file.unreadable": { file: string; why: string; topologies?: readonly string[] };
  /** No topology was named and none was found. Exit 2. */
  "topology.missing": { looked: readonly string[] };
  /** A verb over what runs was given a topology with errors, of a cluster that this launcher does not know. Exit 3. */
  "topology.invalid": { file: string; first: string };
  /** A file is no plan that this pdctl could run, or not the one that was written. Exit 3. */
  "plan.invalid": { file: string; why: string };
  /** Facts that a reviewed plan used are not so any more. Exit 8. */
  "plan.drifted": {
    file: string;
    drifts: readonly { readonly node: string; readonly fact: string; readonly was: string; readonly is: string }[];
  };
  /** Secrets that the topology names are not in the launcher's environment. Exit 3. */
  "secret.missing": { names: readonly string[] };
  /** Secrets too short to be told from other text, so that they could not be hidden in any output. Exit 3. */
  "secret.short": { names: readonly string[]; least: number };
  /** No answer on the SSH port, or the name is not known. Exit 4. */
  "node.unreachable": { node: string; address: string; afterMs: number; why: string };
  /** The node answered and did not let us in. Exit 4. */
  "node.login-refused": {
    node: string;
    address: string;
    port: number;
    user: string;
    why: string;
    offered: readonly string[];
  };
  /** The node's host key is not in any known_hosts. Exit 4. */
  "node.host-key-unknown": {
    node: string;
    address: string;
    port: number;
    type: string;
    fingerprint: string;
    looked: readonly string[];
  };
  /** The node's host key is another than the known one. Exit 4. */
  "node.host-key-changed": {
    node: string;
    address: string;
    port: number;
    type: string;
    offered: string;
    known: string;
    where: string; // file:line, or the topology key that pins it
  };
  /** The node accepted the connection and then said nothing. */
  "node.silent": { node: string; address: string; awaited: string; afterMs: number };
  /** The connection was there and is not any more. What runs on the node is unknown. */
  "node.lost": { node: string; address: string; why: string };
  /** The node lacks something that pdctl needs there. Exit 8. */
  "node.unfit": { node: string; why: string; remedy: string };
  /** A command on the node ended in a way that it must not. */
  "node.command": { node: string; command: string; exit: number | null; stderr: string };
  /** Another run holds the cluster's lock. Exit 7. */
  "lock.held": {
    node: string;
    cluster: string;
    holder: string;
    verb: string;
    since: string;
    pid: number;
    link?: string; // of the CI job, when there is one
    silentMs?: number; // since the holder's last sign of life, at most 10 s for a healthy one
    heldMs?: number; // on the node's clock
    wants: string; // the verb that was refused
  };
  /** This run does not hold the cluster's lock on the node any more; what it asked for was not done. Exit 7. */
  "lock.lost": { node: string; change: string };
  /** This very process stood still for longer than a lock lasts without a sign of life. Exit 7. */
  "lock.stalled": { stoodMs: number };
  /** The nodes hold a cluster of this name that another owner made. Exit 7. */
  "cluster.foreign": { cluster: string; owner: string; node: string };
  /** A node was asked for a cluster and knows none of this name. Exit 1. */
  "cluster.absent": { cluster: string | null; host: string; known: readonly string[] };
  /** No cluster to act on, or more than one and none was named. Exit 2. */
  "cluster.unnamed": { known: readonly string[] };
}
export type ErrorCode = keyof ErrorFacts;

/** An error of the user's world: facts now, text at the edge (`report/pages/error-text.ts`). */
export class UserError<C extends ErrorCode = ErrorCode> extends Error {
  override readonly name = "UserError";
  readonly code: C;
  readonly facts: ErrorFacts[C];
  constructor(code: C, facts: ErrorFacts[C], options?: ErrorOptions) {
    super(code, options);
    this.code = code;
    this.facts = facts;
  }
}

/** Cannot happen. The only class that prints a stack; exit code 70. */
export class Bug extends Error {
  override readonly name = "Bug";
}
