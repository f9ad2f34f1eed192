import { existsSync, readFileSync } from "node:fs";
import { UserError } from "../../errors.ts";
import { fingerprint, keyType, readKnownHosts } from "../known-hosts.ts";
import type { Hop } from "../route.ts";

/** What `ssh -v` said before it gave up, as the error that the other transport would have given. */
export function refusal(node: string, hop: Hop, said: string, afterMs: number): UserError {
  const { host: address, port, user } = hop;
  const last = (pattern: RegExp) => [...said.matchAll(new RegExp(pattern, "gm"))].at(-1)?.[1];
  const server = /Server host key: (\S+) (SHA256:\S+)/.exec(said);
  const [type = "", offered = ""] = [server?.[1], server?.[2]];
  if (/REMOTE HOST IDENTIFICATION HAS CHANGED|Host key for .* has changed/.test(said)) {
    const where = last(/Offending \S+ key in (.+?)\r?$/) ?? hop.knownHosts.join(" and ");
    return new UserError("node.host-key-changed", { node, address, port, type, offered, known: knownAt(where), where });
  }
  if (/Host key verification failed/.test(said)) {
    if (typeof hop.hostKeys !== "string")
      return new UserError("node.host-key-changed", {
        ...{ node, address, port, type, offered },
        known: hop.hostKeys.map(pinned).join(", "),
        where: `${node}: ssh.host_keys`,
      });
    return new UserError("node.host-key-unknown", {
      ...{ node, address, port, type },
      fingerprint: offered,
      looked: hop.knownHosts,
    });
  }
  if (/Permission denied|Too many authentication failures|no mutual signature/i.test(said)) {
    const methods = last(/Authentications that can continue: (.+?)\r?$/);
    const keys = [...said.matchAll(/Offering public key: (.+?)\r?$/gm)].map(([, key = ""]) => key.trim());
    const why = methods === undefined ? "the server accepts none of the ways tried" : `the server asks for ${methods}`;
    return new UserError("node.login-refused", { node, address, port, user, why, offered: keys });
  }
  const why =
    last(/^ssh: (?:connect to host \S+ port \d+: |Could not resolve hostname \S+: )?(.+?)\r?$/) ??
    last(/^(?!debug\d|OpenSSH|Warning|Pseudo)(\S.+?)\r?$/) ??
    "ssh ended without a word";
  return new UserError("node.unreachable", { node, address: `${address}:${port}`, afterMs, why });
}

/** The fingerprint of the key at `file:line`. */
function knownAt(where: string): string {
  const file = where.replace(/:\d+$/, "");
  if (!existsSync(file)) return "another key";
  const line = readKnownHosts(readFileSync(file, "utf8"), file).find((one) => one.where === where);
  return line === undefined ? "another key" : `${fingerprint(line.key)} (${keyType(line.key)})`;
}

const pinned = (pin: string) =>
  pin.startsWith("SHA256:") ? pin : fingerprint(Buffer.from(pin.split(/\s+/)[1] ?? "", "base64"));
