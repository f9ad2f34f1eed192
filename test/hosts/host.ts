import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { execa } from "execa";
import { type BlockOptions, block, cutLink, freeze, reset } from "./faults.ts";
import { renewBootId, renewHostKey } from "./layout.ts";
import { type Listener, listenersOf, type Process, processesOf } from "./processes.ts";
import { type Account, defaultPath, type HostSpec, type LabOptions, labDirectory } from "./spec.ts";
import { accountOf, added, filesBelow, ownPaths } from "./traces.ts";

const labScript = join(import.meta.dirname, "lab.sh");
const BOOT_MS = 10_000;

export interface Done {
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ExecOptions {
  readonly user?: Account["name"];
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

/** One machine of the lab, looked at and mishandled from outside. Nothing here uses SSH. */
export class Host {
  readonly spec: HostSpec;
  readonly #options: LabOptions;
  #baseline: { readonly paths: ReadonlySet<string>; readonly ports: ReadonlySet<number> } | undefined;

  constructor(spec: HostSpec, options: LabOptions) {
    this.spec = spec;
    this.#options = options;
  }

  get name(): string {
    return this.spec.name;
  }
  get ip(): string {
    return this.spec.ip;
  }
  /** Pid of the host's first process as the launcher sees it. */
  get init(): number {
    const file = join(labDirectory, this.name, "init");
    if (!existsSync(file)) throw new Error(`${this.name} is not running`);
    return Number(readFileSync(file, "utf8"));
  }
  get bootId(): string {
    return readFileSync(join(labDirectory, this.name, "boot_id"), "utf8").trim();
  }

  /** Waits until sshd listens, without connecting to it: some versions punish callers that do not log in. */
  async booted(): Promise<void> {
    const deadline = performance.now() + BOOT_MS;
    while (!this.#listens()) {
      if (performance.now() > deadline) throw new Error(`${this.name} has no sshd:\n${this.#log()}`);
      await pause(5);
    }
    this.#baseline ??= {
      paths: new Set(ownPaths(this.spec, this.#options, this.#root)),
      ports: new Set([this.spec.sshd?.port ?? 22]),
    };
  }

  #listens(): boolean {
    if (!existsSync(join(labDirectory, this.name, "init"))) return false;
    return (
      existsSync(`/proc/${this.init}`) && this.listeners().some(({ port }) => port === (this.spec.sshd?.port ?? 22))
    );
  }
  #log(): string {
    const file = join(labDirectory, this.name, "log");
    return existsSync(file) ? readFileSync(file, "utf8") : "(no log)";
  }
  /** What sshd said: every login, every refusal. */
  sshdLog(): string {
    return this.#log();
  }

  /** Runs bash code inside the host, as root unless told otherwise. */
  async exec(command: string, { user = "root", env = {}, input = "" }: ExecOptions = {}): Promise<Done> {
    const [file, ...args] = this.#enter(user, env, ["bash", "-c", command]);
    const { exitCode, stdout, stderr } = await execa(file, args, { reject: false, input, stripFinalNewline: false });
    return { code: exitCode, stdout, stderr };
  }

  /** Starts bash code inside the host and answers its pid there; it lives until it ends, is killed or the host goes down. */
  async spawn(command: string, { user = "root", env = {} }: ExecOptions = {}): Promise<number> {
    const [file, ...args] = this.#enter(user, env, [
      "bash",
      "-c",
      'echo "$$"; exec bash -c "$1" >/dev/null 2>&1',
      "bash",
      command,
    ]);
    const child = execa(file, args, { stdin: "ignore", reject: false, buffer: false });
    const [pid] = await once(child.stdout, "data");
    return Number(String(pid));
  }

  #enter(user: Account["name"], env: Readonly<Record<string, string>>, argv: readonly string[]): [string, ...string[]] {
    const { uid, home } = accountOf(user);
    const namespaces = ["--mount", "--net", "--pid", "--uts", "--ipc", "--cgroup", "--root"];
    const variables = Object.entries({ HOME: home, USER: user, LOGNAME: user, PATH: defaultPath, ...env }).map(
      ([k, v]) => `${k}=${v}`,
    );
    const as = ["--setuid", String(uid), "--setgid", String(uid)];
    return [
      "nsenter",
      "--target",
      String(this.init),
      ...namespaces,
      ...as,
      "--",
      "env",
      "-i",
      `--chdir=${home}`,
      ...variables,
      ...argv,
    ];
  }

  processes(): Process[] {
    return processesOf(this.init);
  }
  listeners(): Listener[] {
    return listenersOf(this.init);
  }
  /** Sends a signal to a process by the host's own pid, as the kernel's OOM killer would: no SSH, no shell. */
  kill(pid: number, signal: NodeJS.Signals = "SIGKILL"): void {
    const process_ = this.processes().find((process) => process.pid === pid);
    if (process_ === undefined) throw new Error(`${this.name} has no process ${pid}`);
    process.kill(process_.outside, signal);
  }

  /** Absolute paths are the host's. */
  read(path: string): string {
    return readFileSync(join(this.#root, path), "utf8");
  }
  write(path: string, text: string, mode = 0o644): void {
    mkdirSync(dirname(join(this.#root, path)), { recursive: true });
    writeFileSync(join(this.#root, path), text, { mode });
  }
  files(directory: string): string[] {
    return filesBelow(join(this.#root, directory));
  }
  shm(): string[] {
    return this.files("/dev/shm");
  }
  get #root(): string {
    return `/proc/${this.init}/root`;
  }

  /**
   * Everything that was not there after the boot: files anywhere, listening ports, processes that carry pdctl's mark or that no
   * login holds any more. One text each, ready for `toEqual([])`.
   */
  leftovers(): string[] {
    const before = this.#baseline ?? { paths: new Set<string>(), ports: new Set<number>() };
    const files = added(before.paths, ownPaths(this.spec, this.#options, this.#root)).map((path) => `file ${path}`);
    const ports = this.listeners()
      .filter(({ port }) => !before.ports.has(port))
      .map(({ port, address }) => `port ${address}:${port}`);
    const processes = this.#abandoned().map(({ pid, mark, argv }) => `process ${pid} ${mark ?? "-"} ${argv.join(" ")}`);
    return [...processes, ...ports, ...files];
  }

  #abandoned(): Process[] {
    const all = this.processes();
    const isOrphan = ({ parent, argv }: Process) => parent === 1 && !/^sshd: |\/sshd$/.test(argv[0] ?? "");
    return all.filter((process) => process.mark !== undefined || (process.pid !== 1 && isOrphan(process)));
  }

  /** Power loss: the link falls silent, then every process is gone. Files stay, memory file systems do not. */
  async crash(): Promise<void> {
    await execa(labScript, ["stop", this.name]);
  }
  /** Boots it again on the same files, with another boot id. */
  async start(): Promise<void> {
    renewBootId(this.name);
    await execa(labScript, ["start", this.name], { stdio: "ignore" });
    await this.booted();
  }
  async reboot(): Promise<void> {
    await this.crash();
    await this.start();
  }
  /** From now on sshd shows another host key. Answers its public half. */
  changeHostKey(): string {
    return renewHostKey(this.name);
  }

  /** Stops every process where it is: the kernel still accepts connections, nobody answers. Disposing thaws. */
  freeze(): Promise<AsyncDisposable> {
    return freeze(this);
  }
  /** Takes the link down: packets vanish in both directions. Disposing brings it back. */
  cutLink(): Promise<AsyncDisposable> {
    return cutLink(this);
  }
  /** Resets every connection to this port (default: of sshd), on both ends. */
  reset(port = this.spec.sshd?.port ?? 22): Promise<void> {
    return reset(this, port);
  }
  /** Drops what comes from another host, from everybody, or from the launcher. Disposing lets it through again. */
  block(options?: BlockOptions): Promise<AsyncDisposable> {
    return block(this, options);
  }
}
