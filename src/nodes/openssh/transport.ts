import { spawn } from "node:child_process";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { UserError } from "../../errors.ts";
import { quote } from "../../quote.ts";
import { endOf } from "../ended.ts";
import { relayed } from "../relayed.ts";
import type { Held } from "../shared.ts";
import { Slots } from "../slots.ts";
import type { Running, Transport } from "../transport.ts";
import { unreachableSince } from "../unreachable.ts";
import { clientArguments } from "./client.ts";
import type { Master } from "./master.ts";

const CHANNELS = 7; // sshd's MaxSessions is 10; one is the login's own, and one may not be reaped yet

/**
 * A login that the system's own ssh holds, as a transport: every command is an `ssh` that speaks through the control socket, and
 * every connection a bash on the node, because a forwarded one would not say whether it stands.
 */
export function opensshTransport(node: string, address: string, login: Held<Master>): Transport {
  const { value: master } = login;
  const slots = new Slots(CHANNELS);
  let closed = false;
  let over = false;
  let why = "the connection was closed by the node";
  let calls = 0;
  const goneError = () => new UserError("node.lost", { node, address, why: closed ? "closed by pdctl" : why });
  const lost = new Promise<Error>((resolve) => {
    void master.gone.then((said) => {
      over = true;
      if (/Timeout, server/.test(said)) why = "it does not answer any more";
      if (!closed) resolve(goneError());
    });
  });

  const exec = async (command: string, signal: AbortSignal): Promise<Running> => {
    const back = await slots.take(signal);
    if (over) {
      back();
      throw goneError();
    }
    const log = join(master.directory, `${calls++}.log`); // ssh's own words, apart from those of the command
    return running([...clientArguments(master.socket), "-E", log, "--", "node", reaped(command)], back, async () => {
      const said = await readFile(log, "utf8").catch(() => ""); // never written: ssh had nothing to say
      await rm(log, { force: true });
      if (/request failed/.test(said))
        return new UserError("node.command", { node, command: "bash", exit: null, stderr: said.trim() });
      const alive =
        !over &&
        (await execa("ssh", [...clientArguments(master.socket), "-O", "check", "node"], { reject: false })).exitCode ===
          0;
      return alive ? undefined : goneError();
    });
  };

  return {
    exec,
    lost,
    connect: (host, port, signal) =>
      relayed({ exec }, { host, port, unreachable: unreachableSince(node, host, port), signal }),
    close: async () => {
      closed = true;
      login.release();
      await master.close();
    },
  };
}

/** A shell that lives on tells a command that was killed by its signal; ssh alone would say 255 of it as of its own failures. */
const reaped = (command: string) => `exec /bin/sh -c ${quote(`${command.replace(/^exec /, "")}; exit $?`)}`;

const SSH_FAILED = 255; // ssh's own failure, or the command's own status

/** @param whyFailed what an exit with 255 means; undefined: it is the command's */
function running(options: readonly string[], back: () => void, whyFailed: () => Promise<Error | undefined>): Running {
  const child = spawn("ssh", options, { detached: true, stdio: ["pipe", "pipe", "pipe"] });
  let killed = false;
  const closed = endOf(child).finally(back);
  const ended = closed.then(async (end) => {
    if (killed) return { exit: null, signal: "KILL" };
    const failure = end.exit === SSH_FAILED ? await whyFailed() : undefined;
    if (failure) throw failure;
    return end;
  });
  ended.catch(() => undefined); // whoever awaits it sees it; a caller that left already must not end the process
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    ended,
    kill: () => {
      killed = true;
      child.kill("SIGKILL");
    },
  };
}
