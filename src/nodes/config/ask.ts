import { execa } from "execa";
import { UserError } from "../../errors.ts";
import { onAbort } from "../abort.ts";
import { Slots } from "../slots.ts";
import { fromLines, type Resolved, type SaidLines, type SshSetup, saidLines, type Target } from "../ssh-config.ts";
import { type Counted, countedFor } from "./kin.ts";
import { type ConfigFile, readConfig } from "./read-config.ts";

const AT_ONCE = 16; // a process each

/** What `ssh -G` said; undefined: there is no ssh on this machine. */
interface Said {
  readonly lines: SaidLines;
  /** With `-v`: what it read on the way. */
  readonly log: string;
}

/** Names that ssh cannot tell apart: what it said of the first of them, and whether that holds for the others. */
interface Kin {
  readonly said: Said | undefined;
  readonly agreed: boolean;
}

/**
 * What the system's own ssh says of hosts: Include, Match and tokens are its business. It is asked once (5 ms) for all names that it
 * cannot tell apart: those for which the same lines of its files count. Our own reading only says which names these are, and is
 * believed only while it agrees with what ssh says it has read; where it does not, ssh is asked for every name.
 */
export class SshConfig {
  readonly #setup: SshSetup;
  readonly #slots = new Slots(AT_ONCE);
  readonly #kin = new Map<string, Promise<Kin>>();
  #files: Promise<readonly ConfigFile[] | undefined> | undefined;

  constructor(setup: SshSetup) {
    this.#setup = setup;
  }

  async resolve(node: string, target: Target, signal: AbortSignal): Promise<Resolved> {
    this.#files ??= readConfig(this.#setup.configFile);
    const files = await this.#files;
    const counted = files && countedFor(files, target.host);
    if (counted === undefined) return this.#alone(node, target, signal);
    const key = JSON.stringify([target.user, target.port, counted.key]);
    const before = this.#kin.get(key);
    const kin = before ?? this.#first(counted, node, target, signal);
    this.#kin.set(key, kin);
    const { agreed, said } = await kin.catch((error: unknown) => {
      if (before === undefined) throw error;
      return { agreed: false, said: undefined }; // its error names the first; ours is asked for
    });
    if (before === undefined) return fromLines(target, this.#setup, said?.lines ?? new Map());
    return agreed
      ? fromLines(target, this.#setup, said?.lines ?? new Map(), counted.host)
      : this.#alone(node, target, signal);
  }

  async #first(first: Counted, node: string, target: Target, signal: AbortSignal): Promise<Kin> {
    const said = await this.#ask(node, target, signal);
    return { said, agreed: said !== undefined && agrees(first, said) };
  }

  async #alone(node: string, target: Target, signal: AbortSignal): Promise<Resolved> {
    const said = await this.#ask(node, target, signal);
    return fromLines(target, this.#setup, said?.lines ?? new Map()); // no ssh here: the topology's own words must do
  }

  async #ask(node: string, target: Target, signal: AbortSignal): Promise<Said | undefined> {
    const { configFile } = this.#setup;
    const args = [
      "-vG",
      ...(configFile === undefined ? [] : ["-F", configFile]),
      ...(target.port === undefined ? [] : ["-p", String(target.port)]),
      ...(target.user === undefined ? [] : ["-l", target.user]),
      "--",
      target.host,
    ];
    const leave = await this.#slots.take(signal);
    const asked = execa("ssh", args, { reject: false, stdin: "ignore" });
    const takeBack = onAbort(signal, () => asked.kill());
    const {
      code,
      exitCode,
      stdout,
      stderr: log,
    } = await asked.finally(() => {
      takeBack();
      leave();
    });
    signal.throwIfAborted();
    if (code === "ENOENT") return undefined;
    if (exitCode === 0) return { lines: saidLines(stdout), log };
    const said = log.split(/\r?\n/).filter((line) => !/^(debug\d|OpenSSH_)/.test(line));
    const why = `ssh -G says: ${said.findLast((line) => line !== "") ?? ""}`;
    throw new UserError("node.unreachable", { node, address: target.host, afterMs: 0, why });
  }
}

/** Did ssh read the same files, find the same lines to count, go to the same host, and leave all tokens for us to expand? */
function agrees({ host, read, applied, raw }: Counted, { lines, log }: Said): boolean {
  const told = (pattern: RegExp) => [...log.matchAll(pattern)].map(([, what]) => what).join("\n");
  return (
    told(/^debug1: Reading configuration data (.+?)\r?$/gm) === read.join("\n") &&
    told(/^debug1: (.+ line \d+): Applying options for /gm) === applied.join("\n") &&
    lines.get("hostname")?.[0] === host &&
    raw.every(([keyword, value]) => lines.get(keyword)?.includes(value))
  );
}
