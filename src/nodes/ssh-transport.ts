import type { Duplex } from "node:stream";
import type { Client, ClientChannel } from "ssh2";
import { UserError } from "../errors.ts";
import { pause, untilAborted } from "./abort.ts";
import { relayed } from "./relayed.ts";
import type { Held } from "./shared.ts";
import { Slots } from "./slots.ts";
import type { Running, Transport } from "./transport.ts";
import { unreachableSince } from "./unreachable.ts";

const CHANNELS = 8; // sshd's MaxSessions is 10, and a person may want to look as well

const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 640;

/** A logged-in SSH connection as a transport. Owns the login. */
export function sshTransport(node: string, address: string, login: Held<Client>): Transport {
  const { value: client } = login;
  const slots = new Slots(CHANNELS);
  let closed = false;
  let forwards = true;
  let why = "the connection was closed by the node";
  client.on("error", (error) => {
    why = error.message === "Keepalive timeout" ? "it does not answer any more" : error.message;
  });
  const goneError = () => new UserError("node.lost", { node, address, why: closed ? "closed by pdctl" : why });
  const gone = new Promise<void>((resolve) => client.once("close", () => resolve()));
  const lost = new Promise<Error>((resolve) => void gone.then(() => !closed && resolve(goneError())));

  const openExec = (command: string, signal: AbortSignal): Promise<ClientChannel> => {
    const opened = open<ClientChannel>((done) => client.exec(command, done), goneError);
    return untilAborted(Promise.race([opened, gone.then(() => Promise.reject(goneError()))]), signal, () => {
      opened.then(
        (late) => late.close(),
        () => undefined,
      );
    });
  };

  const exec = async (command: string, signal: AbortSignal): Promise<Running> => {
    const leave = await slots.take(signal);
    try {
      return running(await persist(() => openExec(command, signal), signal), leave, goneError);
    } catch (error) {
      leave();
      if (!(error instanceof OpenRefused)) throw error;
      throw new UserError("node.command", { node, command: "bash", exit: null, stderr: error.message });
    }
  };

  const connect = async (host: string, port: number, signal: AbortSignal): Promise<Duplex> => {
    signal.throwIfAborted();
    const unreachable = unreachableSince(node, host, port);
    if (!forwards) return relayed({ exec }, { host, port, unreachable, signal });
    const opened = open<ClientChannel>((done) => client.forwardOut("127.0.0.1", 0, host, port, done), goneError);
    try {
      return await untilAborted(
        Promise.race([opened, gone.then(() => Promise.reject(goneError()))]),
        signal,
        () =>
          void opened.then(
            (late) => late.destroy(),
            () => undefined,
          ),
      );
    } catch (error) {
      if (!(error instanceof OpenRefused)) throw error;
      if (error.reason !== ADMINISTRATIVELY_PROHIBITED) throw unreachable(error.message);
      forwards = false; // AllowTcpForwarding no: bash on the node connects instead, for the rest of this session
      return relayed({ exec }, { host, port, unreachable, signal });
    }
  };

  return {
    exec,
    connect,
    lost,
    close: async () => {
      closed = true;
      login.release();
      const stuck = setTimeout(() => client.destroy(), 1_000); // a dead link answers no goodbye
      await gone;
      clearTimeout(stuck);
    },
  };
}

const ADMINISTRATIVELY_PROHIBITED = 1; // RFC 4254 §5.1

/** A channel that was cut off a moment ago still counts for sshd until its command is reaped: a refusal may pass. */
async function persist<T>(attempt: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs *= 2) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof OpenRefused) || pauseMs > LONGEST_PAUSE_MS) throw error;
      await pause(pauseMs, signal);
    }
  }
}

class OpenRefused extends Error {
  readonly reason: number | undefined;
  constructor(message: string, reason: number | undefined) {
    super(message);
    this.reason = reason;
  }
}

/** ssh2 throws "Not connected" on the spot, calls back with a channel failure, or with "No response from server" when it closes. */
function open<T>(
  start: (done: (error: (Error & { reason?: unknown }) | undefined, channel: T) => void) => void,
  goneError: () => Error,
): Promise<T> {
  return new Promise((resolve, reject) => {
    try {
      start((error, channel) => {
        if (!error) return resolve(channel);
        if (/No response from server|Not connected/.test(error.message)) return reject(goneError());
        const said = error.message.replace("(SSH) Channel open failure: ", "");
        reject(new OpenRefused(said, typeof error.reason === "number" ? error.reason : undefined));
      });
    } catch {
      reject(goneError());
    }
  });
}

function running(channel: ClientChannel, leave: () => void, goneError: () => Error): Running {
  let end: { exit: number | null; signal: string | null } | undefined;
  let killed = false;
  const ended = new Promise<{ exit: number | null; signal: string | null }>((resolve, reject) => {
    channel.on("exit", (code: number | null, signal?: string) => {
      end = { exit: code, signal: signal ?? null };
    });
    channel.on("close", () => {
      leave();
      // A channel that closes without an exit status is a lost connection, not a success (recipes.md §3).
      if (end !== undefined) resolve(end);
      else if (killed) resolve({ exit: null, signal: "KILL" });
      else reject(goneError());
    });
  });
  ended.catch(() => undefined); // whoever awaits it sees it; a caller that left already must not end the process
  return {
    stdin: channel,
    stdout: channel,
    stderr: channel.stderr,
    ended,
    kill: () => {
      killed = true;
      try {
        channel.signal("KILL");
        channel.close();
      } catch {
        leave(); // the connection is gone, and with it the command's stdin
      }
    },
  };
}
