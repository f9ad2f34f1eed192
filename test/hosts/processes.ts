import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** A process of a host. `pid` and `parent` as the host itself counts, `outside` as the launcher does. */
export interface Process {
  readonly pid: number;
  readonly outside: number;
  /** 0 when the parent is not in the host: what a test runs there. */
  readonly parent: number;
  readonly uid: number;
  readonly state: string;
  readonly argv: readonly string[];
  /** PDCTL_RUN of its environment. */
  readonly mark: string | undefined;
}

export interface Listener {
  readonly address: string;
  readonly port: number;
}

/** All processes that live in the pid namespace of `init`, ordered by the host's own pids. Zombies are dead and left out. */
export function processesOf(init: number): Process[] {
  const namespace = readlinkSync(`/proc/${init}/ns/pid`);
  const rows = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => row(Number(name), namespace) ?? []);
  const inside = new Map(rows.map(({ outside, pid }) => [outside, pid]));
  return rows
    .map(({ parentOutside, ...rest }) => ({ ...rest, parent: inside.get(parentOutside) ?? 0 }))
    .sort((a, b) => a.pid - b.pid);
}

function row(outside: number, namespace: string): (Omit<Process, "parent"> & { parentOutside: number }) | undefined {
  try {
    if (readlinkSync(`/proc/${outside}/ns/pid`) !== namespace) return undefined;
    const status = readFileSync(`/proc/${outside}/status`, "utf8");
    const field = (name: string) => new RegExp(`^${name}:\\s+(.*)$`, "m").exec(status)?.[1]?.split(/\s+/) ?? [];
    const state = field("State")[0] ?? "?";
    if (state === "Z" || state === "X") return undefined;
    const list = (file: string) => readFileSync(`/proc/${outside}/${file}`, "utf8").split("\0").slice(0, -1);
    return {
      pid: Number(field("NSpid").at(-1)),
      outside,
      parentOutside: Number(field("PPid")[0]),
      uid: Number(field("Uid")[0]),
      state,
      argv: list("cmdline"),
      mark: list("environ")
        .find((pair) => pair.startsWith("PDCTL_RUN="))
        ?.slice("PDCTL_RUN=".length),
    };
  } catch (error) {
    if (isGone(error)) return undefined; // it ended while we looked
    throw error;
  }
}

const isGone = (error: unknown) =>
  error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ESRCH");

/** TCP sockets that listen in the network of `init`. */
export function listenersOf(init: number): Listener[] {
  const rows = ["tcp", "tcp6"].flatMap((file) =>
    readFileSync(`/proc/${init}/net/${file}`, "utf8").trim().split("\n").slice(1),
  );
  const local = rows
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === "0A")
    .map((fields) => fields[1] ?? "");
  const all = local.map((text) => ({
    address: readAddress(text.split(":")[0] ?? ""),
    port: Number.parseInt(text.split(":")[1] ?? "", 16),
  }));
  return all.sort((a, b) => a.port - b.port || a.address.localeCompare(b.address));
}

function readAddress(hex: string): string {
  if (hex.length > 8) return /^0+$/.test(hex) ? "::" : hex;
  return [...Buffer.from(hex, "hex")].reverse().join("."); // little-endian
}
