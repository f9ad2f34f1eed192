import { randomBytes } from "node:crypto";
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync, readSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { UserError } from "../errors.ts";
import {
  fingerprint,
  type KnownHost,
  keyType,
  knownHostsLine,
  knownName,
  readKnownHosts,
  speaksOf,
} from "./known-hosts.ts";
import type { Hop } from "./route.ts";

/** What is known of a hop's host key before we connect. */
export interface HostKeys {
  /** Host key algorithms to ask for, known types first: a server with several keys would else look changed. */
  readonly algorithms: readonly Algorithm[];
  /** The refusal, or undefined when the key is the right one. */
  judge(key: Buffer): UserError | undefined;
}

const ALGORITHMS = [
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "rsa-sha2-512",
  "rsa-sha2-256",
] as const;
type Algorithm = (typeof ALGORITHMS)[number];
const typeOf = (algorithm: string) => (algorithm.startsWith("rsa-") ? "ssh-rsa" : algorithm);

export function hostKeysOf(node: string, hop: Hop, files = new KnownFiles()): HostKeys {
  return typeof hop.hostKeys === "string"
    ? fromKnownHosts(node, hop, hop.hostKeys, files)
    : pinned(node, hop, hop.hostKeys);
}

/** The known_hosts files of one command: read for every hop, as `accept-new` adds to them, and parsed when they have changed. */
export class KnownFiles {
  readonly #parsed = new Map<string, { readonly text: string; readonly lines: readonly KnownHost[] }>();

  lines(file: string): readonly KnownHost[] {
    const text = readIfThere(file);
    const before = this.#parsed.get(file);
    if (before?.text === text) return before.lines;
    const lines = readKnownHosts(text, file);
    this.#parsed.set(file, { text, lines });
    return lines;
  }
}

function pinned(node: string, hop: Hop, pins: readonly string[]): HostKeys {
  const texts = pins.map((pin) => (pin.startsWith("SHA256:") ? pin.replace(/=+$/, "") : pin));
  const known = texts.map((pin) =>
    pin.startsWith("SHA256:") ? pin : fingerprint(Buffer.from(pin.split(/\s+/)[1] ?? "", "base64")),
  );
  return {
    algorithms: inOrder(
      new Set(texts.flatMap((pin) => (pin.startsWith("SHA256:") ? [] : [pin.split(/\s+/)[0] ?? ""]))),
    ),
    judge: (key) =>
      known.includes(fingerprint(key))
        ? undefined
        : changed(node, hop, key, known.join(", "), `${node}: ssh.host_keys`),
  };
}

function fromKnownHosts(node: string, hop: Hop, policy: "strict" | "accept-new", files: KnownFiles): HostKeys {
  const lines = hop.knownHosts.flatMap((file) => files.lines(file));
  const name = nameOf(hop);
  const mine = lines.filter((line) => line.marker !== "cert-authority" && speaksOf(line.patterns, name));
  const valid = mine.filter((line) => line.marker === null);
  // As ssh does: an entry without the port vouches for a key, but never calls one changed.
  const portless =
    hop.hostKeyAlias === null && hop.port !== 22
      ? lines.filter((line) => line.marker === null && speaksOf(line.patterns, hop.host.toLowerCase()))
      : [];
  return {
    algorithms: inOrder(new Set([...valid, ...portless].map((line) => line.type))),
    judge(key) {
      const same = (line: KnownHost) => line.key.equals(key);
      const revoked = lines.find((line) => line.marker === "revoked" && same(line) && speaksOf(line.patterns, name));
      if (revoked !== undefined) return changed(node, hop, key, "revoked", revoked.where);
      if (valid.some(same) || portless.some(same)) return undefined;
      // Also a key of another type: known types were asked for first, so the server does not have them any more.
      const other = valid.find((line) => line.type === keyType(key)) ?? valid[0];
      if (other !== undefined) return changed(node, hop, key, fingerprint(other.key), other.where);
      if (policy === "accept-new") {
        keepHostKey(hop, key);
        return undefined;
      }
      return new UserError("node.host-key-unknown", {
        ...about(node, hop, key),
        fingerprint: fingerprint(key),
        looked: hop.knownHosts,
      });
    },
  };
}

function inOrder(known: ReadonlySet<string>): Algorithm[] {
  return [
    ...ALGORITHMS.filter((item) => known.has(typeOf(item))),
    ...ALGORITHMS.filter((item) => !known.has(typeOf(item))),
  ];
}

function about(node: string, hop: Hop, key: Buffer) {
  return { node, address: hop.host, port: hop.port, type: keyType(key) };
}

function changed(node: string, hop: Hop, key: Buffer, known: string, where: string): UserError {
  return new UserError("node.host-key-changed", { ...about(node, hop, key), offered: fingerprint(key), known, where });
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR")) return "";
    throw new UserError(
      "file.unreadable",
      { file, why: error instanceof Error ? error.message : String(error) },
      { cause: error },
    );
  }
}

/** One append in one write, so that two launchers that meet the same new host never tear a line. @returns the file */
export function keepHostKey(hop: Hop, key: Buffer): string {
  const [file] = hop.knownHosts;
  if (file === undefined)
    throw new UserError("file.unreadable", { file: "known_hosts", why: "ssh_config names no file for host keys" });
  const name = nameOf(hop);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const fd = openSync(file, "a+", 0o600);
  try {
    const { size } = fstatSync(fd);
    const last = Buffer.alloc(1);
    const open = size > 0 && readSync(fd, last, 0, 1, size - 1) === 1 && last[0] !== 0x0a; // somebody's editor left no newline
    writeSync(
      fd,
      `${open ? "\n" : ""}${knownHostsLine(name, keyType(key), key, hop.hashKnownHosts ? randomBytes(20) : null)}`,
    );
  } finally {
    closeSync(fd);
  }
  return file;
}

/** How a hop is called in known_hosts. */
const nameOf = (hop: Hop) => hop.hostKeyAlias?.toLowerCase() ?? knownName(hop.host, hop.port);
