import { createHash, createHmac, timingSafeEqual } from "node:crypto";

/** One line of a known_hosts file. */
export interface KnownHost {
  readonly marker: "revoked" | "cert-authority" | null;
  readonly patterns: string;
  readonly type: string;
  readonly key: Buffer;
  /** `file:line`. */
  readonly where: string;
}

/** Reads the text of a known_hosts file; lines that nothing can be made of are passed over, as ssh does. */
export function readKnownHosts(text: string, file: string): KnownHost[] {
  return text.split("\n").flatMap((line, index): KnownHost[] => {
    const match =
      /^\s*(?:@(?<marker>revoked|cert-authority)\s+)?(?<patterns>[^#@\s]\S*)\s+(?<type>[a-z0-9@.-]+)\s+(?<key>[A-Za-z0-9+/]+=*)/.exec(
        line,
      );
    if (match?.groups === undefined) return [];
    const { marker, patterns = "", type = "", key = "" } = match.groups;
    return [
      {
        marker: marker === "revoked" || marker === "cert-authority" ? marker : null,
        patterns,
        type,
        key: Buffer.from(key, "base64"),
        where: `${file}:${index + 1}`,
      },
    ];
  });
}

/** How a host is called in known_hosts. */
export function knownName(host: string, port: number): string {
  return port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`;
}

/** Does a line speak of this name? Comma lists of patterns with `*`, `?`, `!`, or `|1|salt|hmac` of one name. */
export function speaksOf(patterns: string, name: string): boolean {
  if (patterns.startsWith("|1|")) {
    const [, , salt = "", mac = ""] = patterns.split("|");
    const own = createHmac("sha1", Buffer.from(salt, "base64")).update(name).digest();
    const theirs = Buffer.from(mac, "base64");
    return own.length === theirs.length && timingSafeEqual(own, theirs);
  }
  return matchesHost(patterns.toLowerCase().split(","), name);
}

/** A list of patterns as in known_hosts and on a Host line: one of them, and none of those with `!`. */
export function matchesHost(patterns: readonly string[], name: string): boolean {
  const matches = (pattern: string) => (/[*?]/.test(pattern) ? glob(pattern).test(name) : pattern === name);
  return (
    !patterns.some((item) => item.startsWith("!") && matches(item.slice(1))) &&
    patterns.some((item) => !item.startsWith("!") && matches(item))
  );
}

export function glob(pattern: string): RegExp {
  const body = [...pattern].map((char) =>
    char === "*" ? ".*" : char === "?" ? "." : char.replace(/[\\^$.|+()[\]{}]/, "\\$&"),
  );
  return new RegExp(`^${body.join("")}$`);
}

/** The line that `accept-new` appends. */
export function knownHostsLine(name: string, type: string, key: Buffer, salt: Buffer | null): string {
  const mac = salt && createHmac("sha1", salt).update(name).digest("base64");
  return `${salt ? `|1|${salt.toString("base64")}|${mac}` : name} ${type} ${key.toString("base64")}\n`;
}

/** `SHA256:…`, as ssh prints it. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`;
}

/** The type is the first string inside the blob. */
export function keyType(key: Buffer): string {
  return key.length < 4 ? "" : key.subarray(4, 4 + key.readUInt32BE(0)).toString("latin1");
}
