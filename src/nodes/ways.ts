import type { Duplex } from "node:stream";
import type { Client } from "ssh2";
import { type ErrorCode, UserError } from "../errors.ts";
import { pause, untilAborted } from "./abort.ts";
import { dial } from "./dial.ts";
import { handshake } from "./handshake.ts";
import { KnownFiles } from "./host-key.ts";
import { type Identities, identitiesOf } from "./identities.ts";
import { Dropped } from "./login.ts";
import { throughCommand } from "./proxy-command.ts";
import type { Hop } from "./route.ts";
import { type Held, once, Shared } from "./shared.ts";
import { Slots } from "./slots.ts";

const HANDSHAKES_PER_SERVER = 8; // sshd's MaxStartups 10:30:100 starts to drop at 10
const HANDSHAKES = 32; // one core's worth; more at once makes the slowest later, not the last one sooner
const TRIES = 8;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_500;

/** The ways to all nodes of one command: every bastion is logged in to once, and no server gets more than 8 handshakes at once. */
export class Ways {
  readonly #all = new Slots(HANDSHAKES);
  readonly #perServer = new Map<string, Slots>();
  readonly #identities = new Map<string, Promise<Identities>>();
  readonly #known = new KnownFiles();
  readonly #bastions = new Shared<Client>(
    (client) => new Promise<void>((resolve) => client.once("close", () => resolve())),
  );

  /** Logs in to the last hop, through the others. */
  async reach(node: string, hops: readonly Hop[], signal: AbortSignal): Promise<Held<Client>> {
    const last = hops.at(-1);
    if (last === undefined) throw new RangeError("a way has at least one hop");
    const bastion = hops.length > 1 ? await this.#bastion(node, hops.slice(0, -1), signal) : undefined;
    try {
      const client = await this.#persist(node, last, hops[0] ?? last, signal, () =>
        connected(node, last, bastion?.value, signal),
      );
      return once(client, () => {
        client.end();
        bastion?.release();
      });
    } catch (error) {
      bastion?.release();
      throw error;
    }
  }

  /** Work over a connection to the last hop's SSH port, through the others, before any login there. */
  async through<T>(
    node: string,
    hops: readonly Hop[],
    signal: AbortSignal,
    work: (stream: Duplex) => Promise<T>,
  ): Promise<T> {
    const last = hops.at(-1);
    if (last === undefined) throw new RangeError("a way has at least one hop");
    const bastion = hops.length > 1 ? await this.#bastion(node, hops.slice(0, -1), signal) : undefined;
    try {
      return await this.#inTurn(hops[0] ?? last, signal, async () =>
        work(await connected(node, last, bastion?.value, signal)),
      );
    } finally {
      bastion?.release();
    }
  }

  #bastion(node: string, hops: readonly Hop[], signal: AbortSignal): Promise<Held<Client>> {
    return this.#bastions
      .take(wayOf(hops), () => this.reach(node, hops, signal)) // all who ask share the command's signal
      .catch((error: unknown) => Promise.reject(error instanceof UserError ? forNode(error, node) : error));
  }

  /** Key files and the agent are read once for all hops that name the same. */
  #identitiesOf(hop: Hop): Promise<Identities> {
    const { user, identityFile, identityFiles, identitiesOnly, agentSocket } = hop;
    const named = JSON.stringify([user, identityFile, identityFiles, identitiesOnly, agentSocket]);
    const identities = this.#identities.get(named) ?? identitiesOf(hop);
    this.#identities.set(named, identities);
    return identities;
  }

  /** Tries again, after a random pause that grows, while the server drops us before it greets. */
  async #persist(
    node: string,
    hop: Hop,
    server: Hop,
    signal: AbortSignal,
    open: () => Promise<Duplex>,
  ): Promise<Client> {
    const began = performance.now();
    for (let tried = 1; ; tried++) {
      try {
        return await this.#inTurn(server, signal, async () => {
          const identities = await this.#identitiesOf(hop); // first: sshd's clock for a login runs from the connection on
          return handshake(node, hop, await open(), identities, this.#known, signal);
        });
      } catch (error) {
        if (!(error instanceof Dropped)) throw error;
        if (tried === TRIES) {
          const why = `the SSH server dropped the connection before its greeting, ${tried} times (MaxStartups, or a penalty for this address)`;
          const afterMs = Math.round(performance.now() - began);
          throw new UserError(
            "node.unreachable",
            { node, address: `${hop.host}:${hop.port}`, afterMs, why },
            { cause: error },
          );
        }
        await pause(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** tried) * (0.5 + Math.random()), signal);
      }
    }
  }

  async #inTurn<T>({ host, port }: Hop, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const server = `${host}:${port}`;
    const slots = this.#perServer.get(server) ?? new Slots(HANDSHAKES_PER_SERVER);
    this.#perServer.set(server, slots);
    const leaveServer = await slots.take(signal);
    try {
      const leave = await this.#all.take(signal);
      try {
        return await work();
      } finally {
        leave();
      }
    } finally {
      leaveServer();
    }
  }
}

function connected(node: string, hop: Hop, bastion: Client | undefined, signal: AbortSignal): Promise<Duplex> {
  if (bastion !== undefined) return forward(node, bastion, hop, signal);
  return hop.proxyCommand === null ? dial(node, hop, signal) : throughCommand(node, hop, hop.proxyCommand, signal);
}

/** What makes two ways to a bastion the same. */
export const wayOf = (hops: readonly Hop[]): string =>
  JSON.stringify(
    hops.map(({ user, host, port, identityFile, hostKeys }) => [user, host, port, identityFile, hostKeys]),
  );

/** The error of a shared bastion, as the story of the node that wanted to go through it. */
function forNode<C extends ErrorCode>({ code, facts, cause }: UserError<C>, node: string): UserError<C> {
  return new UserError(code, "node" in facts ? { ...facts, node } : facts, { cause });
}

function forward(node: string, bastion: Client, hop: Hop, signal: AbortSignal): Promise<Duplex> {
  const began = performance.now();
  const opened = new Promise<Duplex>((resolve, reject) => {
    const fail = (error: Error) => {
      const afterMs = Math.round(performance.now() - began);
      const why = `the jump host cannot reach it: ${error.message.replace("(SSH) Channel open failure: ", "")}`;
      reject(
        new UserError("node.unreachable", { node, address: `${hop.host}:${hop.port}`, afterMs, why }, { cause: error }),
      );
    };
    const late = setTimeout(() => fail(new Error("no answer")), hop.connectTimeoutMs);
    try {
      bastion.forwardOut("127.0.0.1", 0, hop.host, hop.port, (error, channel) => {
        clearTimeout(late);
        if (error) fail(error);
        else resolve(channel);
      });
    } catch (error) {
      clearTimeout(late);
      fail(error instanceof Error ? error : new Error(String(error))); // "Not connected" is thrown, not called back
    }
  });
  return untilAborted(
    opened,
    signal,
    () =>
      void opened.then(
        (channel) => channel.destroy(),
        () => undefined,
      ),
  );
}
