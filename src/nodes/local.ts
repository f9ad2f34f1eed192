import { spawn } from "node:child_process";
import { connect } from "node:net";
import { homedir } from "node:os";
import type { Duplex } from "node:stream";
import { untilAborted } from "./abort.ts";
import { endOf } from "./ended.ts";
import type { Session } from "./session.ts";
import { shellSession } from "./shell-session.ts";
import type { Running, Transport } from "./transport.ts";
import { unreachableSince } from "./unreachable.ts";

/**
 * What a login over SSH would bring along too. Anything else of the launcher's environment stays here: a secret that is meant
 * for one service must not be readable in the environment of all of them.
 */
const KEPT =
  /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_\w+|TZ|TMPDIR|XDG_RUNTIME_DIR|LD_LIBRARY_PATH|VIRTUAL_ENV|CONDA_PREFIX|(https?|no|all)_proxy)$/i;

/** The launcher's own machine as a node: the same scripts in the same shell, without SSH. */
export function openLocal(node: string, environment: NodeJS.ProcessEnv = process.env): Session {
  const env = Object.fromEntries(Object.entries(environment).filter(([name]) => KEPT.test(name)));
  const running = new Set<Running>();
  const transport: Transport = {
    exec: async (command) => {
      const child = run(command, env);
      running.add(child);
      void child.ended.then(
        () => running.delete(child),
        () => running.delete(child),
      );
      return child;
    },
    connect: (host, port, signal) => connectLocal(node, host, port, signal),
    lost: new Promise(() => undefined), // this machine is always there
    close: async () => {
      for (const child of running) child.kill();
    },
  };
  return shellSession(node, "local", transport, { kind: "local" });
}

function run(command: string, env: NodeJS.ProcessEnv): Running {
  // A session of its own: Ctrl-C at the terminal is the launcher's to handle, not the scripts'.
  const child = spawn("/bin/sh", ["-c", command], {
    cwd: homedir(),
    env,
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
  });
  const ended = endOf(child);
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    ended,
    kill: () => {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
      process.kill(-child.pid, "SIGKILL");
    },
  };
}

async function connectLocal(node: string, host: string, port: number, signal: AbortSignal): Promise<Duplex> {
  signal.throwIfAborted();
  const unreachable = unreachableSince(node, host, port);
  const socket = connect({ host, port, noDelay: true });
  const open = new Promise<Duplex>((resolve, reject) => {
    socket.once("connect", () => {
      socket.off("error", reject);
      resolve(socket);
    });
    socket.once("error", reject);
  });
  try {
    return await untilAborted(open, signal, () => socket.destroy());
  } catch (error) {
    signal.throwIfAborted();
    throw unreachable(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
