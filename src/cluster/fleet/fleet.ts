import { setTimeout as pause } from "node:timers/promises";
import { Bug, type UserError } from "../../errors.ts";
import {
  type NodeAddress,
  type Outcome,
  onNodes,
  openEach,
  openSession,
  openSessions,
  type Session,
} from "../../nodes/index.ts";
import { type Scripts, scriptsOf } from "../../supervise/index.ts";
import type { NodeWord } from "../events.ts";
import { NodeErrors, userError, whyOf } from "../run/node-errors.ts";
import type { Run } from "../run/run.ts";
import { guarded, type Warrant } from "./guard.ts";

const AGAIN_MS = 2_000; // a node that was lost is asked again every two seconds

/** The sessions of one verb: one per node, opened at once, closed at its end. Whatever happens to a node is said when it happens. */
export class Fleet {
  #addresses: readonly NodeAddress[];
  readonly #run: Run;
  readonly #sessions = new Map<string, Session | Error>();
  readonly #lost = new Set<string>();
  #guards = new WeakMap<Session, Session>();
  #warrant: Warrant | undefined;
  readonly scripts: Scripts;

  constructor(addresses: readonly NodeAddress[], run: Run) {
    this.#addresses = addresses;
    this.#run = run;
    this.scripts = scriptsOf(run.templates);
  }

  get nodes(): readonly string[] {
    return this.#addresses.map(({ node }) => node);
  }

  /** Opens all sessions. What could not be reached stays in the list as its error. */
  async open(): Promise<void> {
    const opened = await openSessions(this.#addresses, {}, this.#run.signal);
    for (const [node, session] of opened) this.#sessions.set(node, session); // first of all, so that `close` finds them
    this.#run.signal.throwIfAborted();
    for (const [node, session] of opened) this.#say(node, session);
  }

  /**
   * Opens all sessions, and does the work on every node as soon as its own is there: one that does not answer holds up no other.
   * Every answer is kept, in the order of the nodes.
   */
  async reach<T>(work: (session: Session, node: string) => Promise<T>): Promise<readonly Outcome<T>[]> {
    const { signal } = this.#run;
    const opening = openEach(this.#addresses, {}, signal);
    const outcomes = await onNodes(
      opening,
      (session, node) => {
        this.#say(node, session);
        return work(session, node);
      },
      signal,
    );
    for (const [node, one] of opening) this.#sessions.set(node, await one); // in the order of the nodes
    signal.throwIfAborted();
    for (const [node, one] of this.#sessions) if (one instanceof Error) this.#say(node, one);
    return outcomes;
  }

  /** Opens sessions to further nodes, of which only the others knew. */
  async join(addresses: readonly NodeAddress[]): Promise<void> {
    this.#addresses = [...this.#addresses, ...addresses];
    const opened = await openSessions(addresses, {}, this.#run.signal);
    for (const [node, session] of opened) this.#sessions.set(node, session);
    this.#run.signal.throwIfAborted();
    for (const [node, session] of opened) this.#say(node, session);
  }

  /** Errors of nodes that could not be reached. An error that is not the user's world is a bug and thrown on. */
  get failed(): readonly UserError[] {
    return [...this.#sessions.values()].filter((one) => one instanceof Error).map(userError);
  }

  get reached(): readonly string[] {
    return [...this.#sessions].filter(([, one]) => !(one instanceof Error)).map(([node]) => node);
  }

  errorOf(node: string): UserError | undefined {
    const one = this.#sessions.get(node);
    return one instanceof Error ? userError(one) : undefined;
  }

  session(node: string): Session {
    const one = this.#sessions.get(node);
    if (one === undefined || one instanceof Error) throw one ?? new Bug(`no session to ${node}`);
    return this.#guarded(one);
  }

  /** From now on changes are made under these locks, and written down. */
  guard(warrant: Warrant): void {
    [this.#warrant, this.#guards] = [warrant, new WeakMap()];
  }

  /** One for each session, so that what is kept by session stays. */
  #guarded(session: Session): Session {
    if (this.#warrant === undefined) return session;
    const one = this.#guards.get(session) ?? guarded(session, this.#warrant, this.#run);
    this.#guards.set(session, one);
    return one;
  }

  /** Does the work on the named nodes (default: all) and keeps every answer; a node without a session has its error as answer. */
  on<T>(
    work: (session: Session, node: string) => Promise<T>,
    nodes: readonly string[] = this.nodes,
  ): Promise<readonly Outcome<T>[]> {
    const guard = (one: Session | Error) => (one instanceof Error ? one : this.#guarded(one));
    const chosen = new Map(
      [...this.#sessions].filter(([node]) => nodes.includes(node)).map(([node, one]) => [node, guard(one)]),
    );
    return onNodes(chosen, work, this.#run.signal);
  }

  /** The same, for work that must succeed everywhere: all values by node, or all errors at once. */
  async all<T>(
    work: (session: Session, node: string) => Promise<T>,
    nodes: readonly string[] = this.nodes,
  ): Promise<ReadonlyMap<string, T>> {
    const outcomes = await this.on(work, nodes);
    this.#run.signal.throwIfAborted();
    const errors = outcomes.flatMap((one) => (one.ok ? [] : [userError(one.error)]));
    if (errors.length > 0) throw new NodeErrors(errors, nodes.length);
    return new Map(outcomes.flatMap((one) => (one.ok ? [[one.node, one.value] as const] : [])));
  }

  /**
   * A node that was lost: says so, asks again until it answers, says that too. Rejects with the signal's reason. Where several
   * wait for one node, the first session serves all.
   */
  async again(node: string, why: string, signal: AbortSignal): Promise<Session> {
    const address = this.#addresses.find((one) => one.node === node);
    if (address === undefined) throw new Bug(`${node} is not of this fleet`);
    const [began, former] = [this.#run.clock(), this.#sessions.get(node)];
    if (!this.#lost.has(node)) this.#emit(node, "lost", why);
    this.#lost.add(node);
    for (;;) {
      await pause(AGAIN_MS, undefined, { signal });
      const theirs = this.#sessions.get(node);
      if (theirs !== undefined && !(theirs instanceof Error) && theirs !== former) return theirs;
      try {
        const session = await openSession(address, {}, signal);
        if (former !== undefined && !(former instanceof Error)) await former.close();
        this.#sessions.set(node, session);
        this.#lost.delete(node);
        const seconds = (this.#run.clock() - began) / 1000;
        this.#run.emit({ type: "node", level: "info", node, data: { state: "reached", seconds } });
        return session;
      } catch (error) {
        signal.throwIfAborted();
        userError(error); // still away; anything but the user's world is thrown
      }
    }
  }

  async close(): Promise<void> {
    const open = [...this.#sessions.values()].filter((one): one is Session => !(one instanceof Error));
    await Promise.all(open.map((session) => session.close()));
  }

  #say(node: string, session: Session | Error): void {
    const error = session instanceof Error ? userError(session) : undefined;
    if (error === undefined) this.#emit(node, "reached");
    else this.#emit(node, REFUSED.has(error.code) ? "refused" : "unreachable", whyOf(error));
  }

  #emit(node: string, state: NodeWord, why?: string): void {
    const level = state === "reached" ? "info" : "warning";
    this.#run.emit({ type: "node", level, node, data: { state, ...(why !== undefined && { why }) } });
  }
}

const REFUSED: ReadonlySet<string> = new Set(["node.login-refused", "node.host-key-unknown", "node.host-key-changed"]);
