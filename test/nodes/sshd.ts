import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A throw-away sshd on loopback with a host key, a config and an authorized key of its own. */
export interface Sshd extends AsyncDisposable {
  readonly port: number;
  readonly user: string;
  /** A private key that it accepts. */
  readonly key: string;
  readonly dir: string;
  /** Its host key as a known_hosts file, and the public half as text. */
  readonly knownHosts: string;
  readonly hostKey: string;
  readonly pid: number;
  /** What it wrote with LogLevel VERBOSE so far. */
  log(): string;
}

export async function startSshd(lines: readonly string[] = []): Promise<Sshd> {
  const dir = await mkdtemp(join(tmpdir(), "pdctl-sshd-"));
  const port = await freePort();
  await Promise.all([keygen(join(dir, "host"), "host"), keygen(join(dir, "key"), "user")]);
  const file = (name: string) => join(dir, name);
  writeFileSync(file("authorized"), readFileSync(file("key.pub")));
  writeFileSync(
    file("config"),
    [
      ...lines, // first, because sshd takes the first value of a key
      `Port ${port}`,
      "ListenAddress 127.0.0.1",
      `HostKey ${file("host")}`,
      `AuthorizedKeysFile ${file("authorized")}`,
      `PidFile ${file("pid")}`,
      "StrictModes no",
      "UsePAM no",
      "PasswordAuthentication no",
      "KbdInteractiveAuthentication no",
      "PermitRootLogin yes",
      "LogLevel VERBOSE",
      "SetEnv SHLVL=5", // bash under sshd then leaves this machine's own .bashrc alone
      "",
    ].join("\n"),
  );
  if (userInfo().uid === 0) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
  const child = spawn("/usr/sbin/sshd", ["-D", "-e", "-f", file("config")], { stdio: ["ignore", "ignore", "pipe"] });
  let log = "";
  child.stderr.on("data", (chunk: Buffer) => (log += chunk.toString()));
  await listening(child, port, () => log);
  const hostKey = readFileSync(file("host.pub"), "utf8").split(" ").slice(0, 2).join(" ");
  writeFileSync(file("known_hosts"), `[127.0.0.1]:${port} ${hostKey}\n`);
  return {
    port,
    user: userInfo().username,
    key: file("key"),
    dir,
    knownHosts: file("known_hosts"),
    hostKey,
    pid: child.pid ?? 0,
    log: () => log,
    [Symbol.asyncDispose]: async () => {
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await gone;
      await rm(dir, { recursive: true, force: true });
    },
  };
}

export async function keygen(path: string, comment: string, type = "ed25519", passphrase = ""): Promise<void> {
  await run("ssh-keygen", ["-q", "-t", type, "-N", passphrase, "-C", comment, "-f", path]);
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        typeof address === "object" && address ? resolve(address.port) : reject(new Error("no port")),
      );
    });
  });
}

/** Connects until it answers; the process's own end is the other way out. */
async function listening(child: ChildProcess, port: number, log: () => string): Promise<void> {
  const ended = new Promise<never>((_, reject) =>
    child.once("exit", (code) => reject(new Error(`sshd ended with ${code}: ${log()}`))),
  );
  ended.catch(() => undefined);
  const up = async () => {
    while (!(await answers(port))) await new Promise((resolve) => setTimeout(resolve, 10));
  };
  await Promise.race([up(), ended]);
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("error", () => resolve(false));
    socket.once("data", () => {
      socket.destroy();
      resolve(true);
    });
  });
}
