import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "../../errors.ts";
import { onAbort } from "../abort.ts";
import { knownName } from "../known-hosts.ts";
import type { Hop } from "../route.ts";
import type { SshSetup } from "../ssh-config.ts";
import { masterArguments } from "./client.ts";
import { refusal } from "./refusal.ts";

/** A login that the system's own ssh keeps: others speak through its control socket. */
export interface Master {
  readonly socket: string;
  /** Of the launcher's, for files that go with the login. */
  readonly directory: string;
  /** Settles when the login is over, with what ssh said last. */
  readonly gone: Promise<string>;
  close(): Promise<void>;
}

const SAID = 64 * 1024;

/** Logs in. Rejects with the `node.*` error that fits, or the signal's reason. @param via control socket of the bastion before it */
export async function openMaster(
  node: string,
  hop: Hop,
  setup: SshSetup,
  via: string | undefined,
  signal: AbortSignal,
): Promise<Master> {
  signal.throwIfAborted();
  const directory = await mkdtemp(join(process.env["XDG_RUNTIME_DIR"] ?? tmpdir(), "pdctl-ssh-"));
  const forget = () => rm(directory, { recursive: true, force: true });
  try {
    const socket = join(directory, "s");
    const knownHosts = await pins(node, hop, setup, directory);
    return await login(node, hop, masterArguments(hop, setup, { socket, knownHosts, via }), {
      directory,
      socket,
      forget,
      setup,
      signal,
    });
  } catch (error) {
    await forget();
    throw error;
  }
}

interface Around {
  readonly directory: string;
  readonly socket: string;
  readonly setup: SshSetup;
  readonly signal: AbortSignal;
  forget(): Promise<void>;
}

function login(node: string, hop: Hop, options: readonly string[], around: Around): Promise<Master> {
  const { directory, socket, setup, signal, forget } = around;
  const began = performance.now();
  const nonce = randomBytes(12).toString("hex");
  // It lives as long as its stdin is open: when the launcher is killed, the login ends too.
  const child = spawn("ssh", [...options, `echo ${nonce}; exec cat`], {
    detached: true, // Ctrl-C is the launcher's to handle
    env: {
      ...process.env,
      SSH_AUTH_SOCK: setup.agentSocket === null ? "" : (setup.agentSocket ?? process.env["SSH_AUTH_SOCK"] ?? ""),
    },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let said = "";
  let greeted = "";
  child.stdin.on("error", () => undefined); // it ended: told by its exit
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = `${said}${text}`.slice(-SAID);
  });
  const gone = new Promise<string>((resolve) =>
    child.once("close", () =>
      resolve(
        said
          .trim()
          .split(/\r?\n/)
          .filter((line) => !line.startsWith("debug"))
          .at(-1) ?? "",
      ),
    ),
  );
  return new Promise((resolve, reject) => {
    const settle = () => {
      takeBack();
      clearTimeout(late);
    };
    const giveUp = (error: unknown) => {
      settle();
      child.kill("SIGKILL");
      reject(error);
    };
    const takeBack = onAbort(signal, () => queueMicrotask(() => giveUp(signal.reason)));
    const late = setTimeout(
      () =>
        giveUp(
          new UserError("node.silent", {
            node,
            address: `${hop.host}:${hop.port}`,
            awaited: "ssh's login",
            afterMs: Math.round(performance.now() - began),
          }),
        ),
      hop.connectTimeoutMs + LOGIN_MS,
    );
    child.once("error", (error) => giveUp(cannotRun(node, error)));
    void gone.then(() => {
      settle();
      reject(refusal(node, hop, said, Math.round(performance.now() - began)));
    });
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      greeted += text;
      if (!greeted.includes(nonce)) return; // start-up files may print before
      settle();
      greeted = "";
      child.stdout.removeAllListeners("data").resume();
      resolve({
        socket,
        directory,
        gone,
        close: async () => {
          child.kill();
          await gone;
          await forget();
        },
      });
    });
  });
}

const LOGIN_MS = 20_000; // for key exchange, keys and the login shell, after the connection stands

function cannotRun(node: string, error: Error): UserError {
  const absent = "code" in error && error.code === "ENOENT";
  const why = absent ? "ssh.transport is openssh, and there is no ssh program on this machine" : error.message;
  return new UserError("node.unfit", { node, why, remedy: "install the OpenSSH client here, or ssh.transport: ssh2" });
}

/** Pinned keys as a known_hosts file of its own; undefined: those of ssh_config. */
async function pins(
  node: string,
  hop: Hop,
  setup: SshSetup,
  directory: string,
): Promise<readonly string[] | undefined> {
  if (typeof hop.hostKeys === "string") return setup.knownHosts;
  const short = hop.hostKeys.find((pin) => pin.startsWith("SHA256:"));
  if (short !== undefined)
    throw new UserError("node.unfit", {
      node,
      why: `the system's ssh cannot compare a host key with a fingerprint alone (${short})`,
      remedy: "ssh.host_keys with the whole key, as ssh-keyscan prints it: [ssh-ed25519 AAAA…]",
    });
  const file = join(directory, "known_hosts");
  const name = hop.hostKeyAlias ?? knownName(hop.host, hop.port);
  await writeFile(file, hop.hostKeys.map((key) => `${name} ${key}\n`).join(""), { mode: 0o600 });
  return [file];
}
