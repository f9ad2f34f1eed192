import { readdirSync, readFileSync, readlinkSync } from "node:fs";

export interface Process {
  readonly pid: number;
  /** Its title, up to the first blank or bracket. */
  readonly name: string;
}

/** The processes whose environment holds `mark`, zombies left out. */
export function marked(mark: string): readonly Process[] {
  return pids().flatMap((pid) => {
    if (!read(`/proc/${pid}/environ`).split("\0").includes(mark)) return [];
    const title = read(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim();
    return title === "" ? [] : [{ pid, name: nameOf(title) }];
  });
}

function nameOf(title: string): string {
  if (title.startsWith("VLLM::")) return title.split(/[\s(]/)[0] ?? title;
  if (title.includes("resource_tracker")) return "resource tracker";
  return title.includes("spawn_main") ? "spawned" : "server";
}

export interface Listening {
  readonly host: string;
  readonly port: number;
}

/** What those processes listen on. */
export function listening(of: readonly Process[]): readonly Listening[] {
  const sockets = new Set(of.flatMap(({ pid }) => socketsOf(pid)));
  return ["tcp", "tcp6"].flatMap((family) =>
    read(`/proc/net/${family}`)
      .split("\n")
      .slice(1)
      .flatMap((line) => {
        const [, local = "", , state, , , , , , inode = ""] = line.trim().split(/\s+/);
        if (state !== LISTENS || !sockets.has(inode)) return [];
        const [address = "", port = ""] = local.split(":");
        return [{ host: addressOf(address), port: Number.parseInt(port, 16) }];
      }),
  );
}

const LISTENS = "0A";

function socketsOf(pid: number): readonly string[] {
  const directory = `/proc/${pid}/fd`;
  return list(directory).flatMap((descriptor) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`${directory}/${descriptor}`))?.[1] ?? [];
    } catch {
      return []; // closed meanwhile
    }
  });
}

/** Addresses are words of four bytes, the last byte first. */
function addressOf(hex: string): string {
  if (/^0+$/.test(hex)) return "every address";
  const last = hex.slice(-8).match(/../g) ?? [];
  return last
    .reverse()
    .map((byte) => Number.parseInt(byte, 16))
    .join(".");
}

const pids = (): readonly number[] =>
  list("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

function list(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return []; // ended meanwhile, or somebody else's
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
