import { IDLE_MS } from "../times.ts";
import { UpstreamError } from "../upstream.ts";
import { Connection, type Errand, type Origin, type Owner } from "./connection.ts";

const SWEEP_MS = 500;
const LOOK_AGAIN_MS = 10; // of idling, after which news of the connection's end may lie unread

interface Idle {
  readonly connection: Connection;
  /** By performance.now(). */
  readonly since: number;
  readonly until: number;
}

/**
 * The connections of one engine, as many as there are requests at once. The one that was used last is used next, so that those
 * that are too many grow old; what has idled for its time is closed before the engine does it.
 */
export class Pool implements Owner {
  readonly #origin: Origin;
  readonly #all = new Set<Connection>();
  readonly #idle: Idle[] = [];
  #sweep: NodeJS.Timeout | undefined;
  #closed: (() => void) | undefined;

  constructor(origin: Origin) {
    this.#origin = origin;
  }

  carry(errand: Errand): void {
    if (this.#closed) {
      const cause = new Error("the client is closed");
      errand.arriving.fail(new UpstreamError("connect", { idleClosed: false, cause }));
      return;
    }
    const now = performance.now();
    const idle = this.#fresh(now);
    if (!idle) this.#open().carry(errand);
    else if (now - idle.since < LOOK_AGAIN_MS) idle.connection.carry(errand);
    else setImmediate(() => this.#carryIfThere(idle, errand)); // by then this turn of the event loop has read what had come
  }

  free(connection: Connection, idleMs = IDLE_MS): void {
    const since = performance.now();
    this.#keep({ connection, since, until: since + Math.min(idleMs, IDLE_MS) });
  }

  gone(connection: Connection): void {
    this.#all.delete(connection);
    const at = this.#idle.findIndex((one) => one.connection === connection);
    if (at !== -1) this.#idle.splice(at, 1);
    if (this.#all.size === 0) this.#closed?.();
  }

  /** Breaks off what runs. Resolves when the last connection is closed. */
  close(): Promise<void> {
    clearTimeout(this.#sweep);
    return new Promise((resolve) => {
      this.#closed = resolve;
      if (this.#all.size === 0) resolve();
      for (const connection of this.#all) connection.close();
    });
  }

  #open(): Connection {
    const connection = new Connection(this.#origin, this);
    this.#all.add(connection);
    return connection;
  }

  #carryIfThere(idle: Idle, errand: Errand): void {
    if (errand.arriving.isOver) this.#keep(idle);
    else if (idle.connection.isGone) this.carry(errand);
    else idle.connection.carry(errand);
  }

  #keep(idle: Idle): void {
    if (idle.connection.isGone) return;
    if (this.#closed) idle.connection.close();
    else {
      this.#idle.push(idle);
      this.#sweep ??= setTimeout(() => this.#closeOld(), SWEEP_MS).unref();
    }
  }

  #fresh(now: number): Idle | undefined {
    for (let last = this.#idle.pop(); last !== undefined; last = this.#idle.pop()) {
      if (last.until > now && !last.connection.isGone) return last;
      last.connection.close();
    }
    return undefined;
  }

  #closeOld(): void {
    const now = performance.now();
    for (const { connection } of this.#idle.filter(({ until }) => until <= now)) connection.close();
    const young = this.#idle.filter(({ until }) => until > now);
    this.#idle.splice(0, this.#idle.length, ...young);
    this.#sweep = young.length > 0 ? setTimeout(() => this.#closeOld(), SWEEP_MS).unref() : undefined;
  }
}
