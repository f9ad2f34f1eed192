import type { Duplex } from "node:stream";
import { UserError } from "../errors.ts";
import type { Identities } from "./identities.ts";
import type { Hop } from "./route.ts";

/** The server took the connection and dropped it before it said who it is: MaxStartups, or a penalty. Worth another try. */
export class Dropped extends Error {
  override readonly name = "Dropped";
}

const GREETING_BYTES = 255; // the longest first line that SSH allows

/** How far a login came, and so what its failure means. ssh2 tells a level and a sentence; the rest is remembered here. */
export class Login {
  readonly #node: string;
  readonly #hop: Hop;
  readonly #identities: Identities;
  readonly #began = performance.now();
  #greeting: Buffer = Buffer.alloc(0);
  #keysAgreed = false;
  #methods: readonly string[] = [];
  #partial = false;
  #refusal: UserError | undefined;

  constructor(node: string, hop: Hop, identities: Identities) {
    this.#node = node;
    this.#hop = hop;
    this.#identities = identities;
  }

  /** Remembers what the server says first. Only after ssh2 listens too: the stream flows from here on. */
  listenTo(stream: Duplex): void {
    const listen = (chunk: Buffer) => {
      this.#greeting = Buffer.concat([this.#greeting, chunk]);
      if (this.#greeting.length >= GREETING_BYTES) stream.off("data", listen);
    };
    stream.on("data", listen);
  }

  keysAgreed(): void {
    this.#keysAgreed = true;
  }

  methodsLeft(methods: readonly string[] | null, partial: boolean | null): void {
    this.#methods = methods ?? this.#methods;
    this.#partial ||= partial === true;
  }

  /** May the handshake go on with this host key? A file that cannot be written is a no as well, not a throw inside ssh2's parser. */
  takes(judge: () => UserError | undefined): boolean {
    try {
      this.#refusal = judge();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#refusal =
        error instanceof UserError
          ? error
          : new UserError("file.unreadable", { file: "known_hosts", why }, { cause: error });
    }
    return this.#refusal === undefined;
  }

  failed(error: Error & { level?: string }): Error {
    if (this.#refusal !== undefined) return this.#refusal;
    if (error.level === "client-timeout")
      return this.#silent(
        this.#keysAgreed ? "the SSH server's answer to the login" : "the SSH server's greeting and key exchange",
      );
    if (error.level === "client-authentication") return this.#refused(this.#why());
    if (!this.#keysAgreed && (error.level === "client-socket" || /before handshake/.test(error.message)))
      return this.closed();
    return this.#refused(error.message);
  }

  closed(): Error {
    if (this.#keysAgreed) return this.#refused("the server closed the connection");
    const [said = ""] = this.#greeting.toString("latin1").split(/\r?\n/);
    // OpenSSH says so when it is full; any other line that is no greeting comes from another kind of server.
    if (said === "" || /^(SSH-|Exceeded MaxStartups|Not allowed at this time)/.test(said)) return new Dropped(said);
    return this.#refused(`what listens there is no SSH server: it says ${JSON.stringify(said.slice(0, 60))}`);
  }

  #why(): string {
    const offered = this.#identities.attempts.length;
    if (this.#partial) return `the key is right, but the server asks for ${this.#methods.join(", ")} as well`;
    if (offered === 0) return "there is no key to offer";
    if (this.#methods.length > 0 && !this.#methods.includes("publickey"))
      return `the server takes no keys, only ${this.#methods.join(", ")}`;
    return `the server accepts none of ${offered === 1 ? "the one key" : `the ${offered} keys`} offered`;
  }

  #refused(why: string): UserError {
    const offered = [...this.#identities.attempts.map(({ label }) => label), ...this.#identities.notes];
    const { host: address, port, user } = this.#hop;
    return new UserError("node.login-refused", { node: this.#node, address, port, user, why, offered });
  }

  #silent(awaited: string): UserError {
    const address = `${this.#hop.host}:${this.#hop.port}`;
    return new UserError("node.silent", {
      node: this.#node,
      address,
      awaited,
      afterMs: Math.round(performance.now() - this.#began),
    });
  }
}
