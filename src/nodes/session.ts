/**
 * A live connection to one node: ssh2 underneath, or a local shell for `host: local`. One per node for a whole command.
 * Every method rejects with a UserError that names the node: `node.lost` when the connection ended, `node.silent` when a
 * deadline passed, the signal's own reason when the user interrupted.
 */
export interface Session {
  readonly node: string;
  /** What a person would type after `ssh`: for messages only. */
  readonly address: string;
  /** Who speaks SSH; with the reason where that is not the default. */
  readonly transport: { readonly kind: "local" | "ssh2" | "openssh"; readonly why?: string };
  /** Runs one static script of templates/ on the node, with values as bash variables and arrays. Never glued text. */
  call(ask: Call): Promise<Answer>;
  /**
   * Runs a static script whose stdout is read as it comes (logs, the watch). Its stdin gets a newline every 10 s and ends when
   * we leave: the script must leave then too. Ends when the script ends with 0, else throws `node.command`; an abort throws
   * the signal's reason. Leaving the loop early hangs up.
   */
  stream(ask: StreamAsk): AsyncIterable<Buffer>;
  /**
   * A TCP connection from the node's point of view (a forwarded channel, or the direct one for a local node). A port that
   * does not answer is `node.unreachable` with that `host:port` as its address.
   */
  connect(host: string, port: number, signal: AbortSignal): Promise<import("node:stream").Duplex>;
  /** Resolves with a `node.lost` when the connection is gone without `close` (a call that was under way rejects with the same). */
  readonly lost: Promise<Error>;
  close(): Promise<void>;
}

export interface Call {
  /** Text of a script in templates/, loaded by the caller (cli and cluster load, rooms below get it as a value). */
  readonly script: string;
  /** Assigned before the script's text, each through `quote`: a text, or a bash array. */
  readonly values: Readonly<Record<string, string | readonly string[]>>;
  /** Binary input on the script's stdin (a tar of files, for example). */
  readonly input?: Uint8Array;
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
  /** What is awaited, for `node.silent` and `node.command`: "stop", "the facts". */
  readonly what?: string;
  /** What it changes there, a word and its objects: `start prefill-0-0`. Unset: it only looks. */
  readonly changes?: readonly string[];
}

export interface Answer {
  readonly exit: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface StreamAsk {
  readonly script: string;
  readonly values: Readonly<Record<string, string | readonly string[]>>;
  readonly signal: AbortSignal;
  readonly what?: string;
  /** As in `Call`. */
  readonly changes?: readonly string[];
  /** Reads stderr as it comes; unset: it is kept for the error. */
  readonly stderr?: (chunks: AsyncIterable<Buffer>) => Promise<void>;
  /** Takes the exit status, whatever it is; unset: any but 0 is an error. */
  readonly ended?: (exit: number) => void;
}

/** Where a node is and how to log in; what the topology says, before ssh_config fills in the rest. */
export interface NodeAddress {
  readonly node: string;
  /** `local` means no SSH. Otherwise a name or an address, possibly an alias of ssh_config. */
  readonly host: string;
  readonly ssh: SshOptions;
}

/** Unset values come from the user's ssh_config through `ssh -G`. Durations in ms. */
export interface SshOptions {
  readonly user?: string;
  readonly port?: number;
  readonly identityFile?: string;
  /** One bastion or a chain, outermost first: `user@host:port`. */
  readonly jump?: readonly string[];
  readonly connectTimeoutMs?: number;
  /** `strict` (default), `accept-new`, or pinned keys: `ssh-ed25519 AAAA…` or `SHA256:…` texts. */
  readonly hostKeys?: "strict" | "accept-new" | readonly string[];
  /** Who speaks SSH: pdctl itself (`ssh2`), the system's `ssh`, or the one that the way needs (`auto`, the default). */
  readonly transport?: "auto" | "ssh2" | "openssh";
}

/** A host key as it was offered, and what is known of it. */
export interface SeenKey {
  /** The node's name, or the bastion's before it. */
  readonly name: string;
  /** `host:port`. */
  readonly address: string;
  readonly type: string;
  /** `SHA256:…`, as ssh prints it. */
  readonly fingerprint: string;
  readonly standing: "known" | "unknown" | "changed";
  /** Of a changed key: the known one, and where it stands. */
  readonly known?: string;
  readonly where?: string;
  /** A bastion: nodes behind it can be looked at when its own key is known. */
  readonly bastion: boolean;
  /** Appends it to the first known_hosts file of ssh_config. @returns the file */
  keep(): string;
}
