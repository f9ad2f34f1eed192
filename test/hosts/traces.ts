import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type Account, accounts, type HostSpec, type LabOptions, labDirectory } from "./spec.ts";

/** What a login leaves on any machine, with or without pdctl. */
const everyLogin = [/^\/var\/log\/(wtmp|lastlog|btmp|faillog)$/, /^\/run\/(sshd(\/|$)|utmp$)/, /^\/dev\/pts(\/|$)/];

/**
 * Every path that is the host's own and not this machine's: what was written since the host was laid out. A directory that is new is
 * one path, with all that is in it. `root` is the running host's root as seen from here: its memory file systems are only there.
 */
export function ownPaths({ name }: HostSpec, { shared = [] }: LabOptions, root: string): string[] {
  const base = join(labDirectory, name);
  const places: readonly (readonly [string, string])[] = [
    [join(base, "own/root"), "/root"],
    [join(base, "own/home"), "/home"],
    [join(base, "own/var-tmp"), "/var/tmp"],
    ...["/tmp", "/run", "/dev/shm", ...shared].map((path) => [join(root, path), path] as const),
  ];
  const written = walk(join(base, "upper"))
    .map((path) => `/${path}`)
    .filter((path) => !isDirectory(path)); // ours only has its copy there
  const paths: string[] = [
    ...written,
    ...places.flatMap(([from, shown]) => walk(from).map((path) => `${shown}/${path}`)),
  ];
  return [...new Set(paths)].filter((path) => !everyLogin.some((pattern) => pattern.test(path))).sort(compare);
}

const compare = (a: string, b: string) => (a < b ? -1 : 1);

const isDirectory = (path: string) => lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

function walk(directory: string, prefix = ""): string[] {
  return readdirSync(join(directory, prefix), { withFileTypes: true }).flatMap((entry) => {
    const path = join(prefix, entry.name);
    return entry.isDirectory() ? [path, ...walk(directory, path)] : [path];
  });
}

/** Paths that are not in `before`, without those below another one of them. */
export function added(before: ReadonlySet<string>, now: readonly string[]): string[] {
  const fresh = now.filter((path) => !before.has(path));
  const names = new Set(fresh);
  return fresh.filter((path) => !ancestors(path).some((directory) => names.has(directory)));
}

const ancestors = (path: string) =>
  path
    .split("/")
    .slice(1, -1)
    .map((_, index, parts) => `/${parts.slice(0, index + 1).join("/")}`);

/** Relative paths of all files and directories below one, sorted; a link is shown as itself. Empty when it does not exist. */
export function filesBelow(directory: string): string[] {
  return isDirectory(directory) ? walk(directory).sort(compare) : [];
}

export const accountOf = (name: Account["name"]) => accounts.find((account) => account.name === name) ?? accounts[0];
