import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openSession } from "../../src/nodes/index.ts";
import type { SshOptions } from "../../src/nodes/session.ts";
import { keygen, type Sshd, startSshd } from "./sshd.ts";

const never = new AbortController().signal;
let sshd: Sshd;
let print: string;
let other: string; // a public key that is not the node's
beforeAll(async () => {
  sshd = await startSshd();
  await keygen(join(sshd.dir, "other"), "other");
  other = readFileSync(join(sshd.dir, "other.pub"), "utf8").split(" ").slice(0, 2).join(" ");
  print =
    execFileSync("ssh-keygen", ["-lf", join(sshd.dir, "host.pub")])
      .toString()
      .split(" ")[1] ?? "";
});
afterAll(() => sshd[Symbol.asyncDispose]());

async function login(knownHosts: string, hostKeys?: SshOptions["hostKeys"], port = sshd.port): Promise<"in"> {
  const ssh = { port, identityFile: sshd.key, ...(hostKeys && { hostKeys }) };
  const session = await openSession(
    { node: "a2-1", host: "127.0.0.1", ssh },
    { configFile: "/dev/null", knownHosts: [knownHosts], agentSocket: null },
    never,
  );
  await session.close();
  return "in";
}

/** A known_hosts file with these lines. */
function known(name: string, ...lines: string[]): string {
  const file = join(sshd.dir, name);
  writeFileSync(file, lines.map((line) => `${line}\n`).join(""));
  return file;
}
const name = () => `[127.0.0.1]:${sshd.port}`;

it("a host that is in no known_hosts is refused, with the fingerprint that ssh-keygen prints for it", async () => {
  const file = known("empty");
  await expect(login(file)).rejects.toMatchObject({
    code: "node.host-key-unknown",
    facts: {
      node: "a2-1",
      address: "127.0.0.1",
      port: sshd.port,
      type: "ssh-ed25519",
      fingerprint: print,
      looked: [file],
    },
  });
  expect(readFileSync(file, "utf8")).toBe("");
});

it("a changed key is refused, with the line that knows another", async () => {
  const file = known("changed", "# comment", "elsewhere ssh-ed25519 AAAA", `${name()} ${other}`);
  await expect(login(file)).rejects.toMatchObject({
    code: "node.host-key-changed",
    facts: { offered: print, known: expect.stringMatching(/^SHA256:/), where: `${file}:3` },
  });
});

it("accept-new does not accept a changed key, nor another type of key of a known host", async () => {
  await expect(login(known("changed-2", `${name()} ${other}`), "accept-new")).rejects.toMatchObject({
    code: "node.host-key-changed",
  });
  await keygen(join(sshd.dir, "ecdsa"), "ecdsa", "ecdsa");
  const ecdsa = readFileSync(join(sshd.dir, "ecdsa.pub"), "utf8").split(" ").slice(0, 2).join(" ");
  await expect(login(known("other-type", `${name()} ${ecdsa}`), "accept-new")).rejects.toMatchObject({
    code: "node.host-key-changed",
  });
});

it("accept-new writes a line that ssh itself can read, on a line of its own", async () => {
  const file = join(sshd.dir, "fresh", "known_hosts");
  expect(await login(file, "accept-new")).toBe("in");
  expect(execFileSync("ssh-keygen", ["-F", name(), "-f", file]).toString()).toContain(sshd.hostKey);
  const unended = join(sshd.dir, "no-newline");
  writeFileSync(unended, "elsewhere ssh-ed25519 AAAA");
  expect(await login(unended, "accept-new")).toBe("in");
  expect(await login(unended)).toBe("in"); // strict, from what was written
  expect(readFileSync(unended, "utf8")).toBe(`elsewhere ssh-ed25519 AAAA\n${name()} ${sshd.hostKey}\n`);
});

it("hashed lines, patterns and lines without the port are understood as ssh understands them", async () => {
  const hashed = join(sshd.dir, "hashed");
  copyFileSync(sshd.knownHosts, hashed);
  execFileSync("ssh-keygen", ["-q", "-H", "-f", hashed], { stdio: "ignore" });
  expect(readFileSync(hashed, "utf8")).toMatch(/^\|1\|/);
  expect(await login(hashed)).toBe("in");
  expect(await login(known("pattern", `elsewhere,[127.0.0.?]:* ${sshd.hostKey}`))).toBe("in");
  expect(await login(known("portless", `127.0.0.1 ${sshd.hostKey}`))).toBe("in");
  await expect(login(known("portless-other", `127.0.0.1 ${other}`))).rejects.toMatchObject({
    code: "node.host-key-unknown",
  });
  await expect(login(known("negated", `[127.0.0.*]:*,!${name()} ${sshd.hostKey}`))).rejects.toMatchObject({
    code: "node.host-key-unknown",
  });
});

it("a revoked key is refused even when another line vouches for it", async () => {
  const file = known("revoked", `${name()} ${sshd.hostKey}`, `@revoked * ${sshd.hostKey}`);
  await expect(login(file)).rejects.toMatchObject({
    code: "node.host-key-changed",
    facts: { known: "revoked", where: `${file}:2` },
  });
});

it("a pinned key needs no known_hosts, as a key or as a fingerprint; another pin is a changed key", async () => {
  const absent = join(sshd.dir, "absent");
  expect(await login(absent, [other, sshd.hostKey])).toBe("in");
  expect(await login(absent, [print])).toBe("in");
  await expect(login(absent, [other])).rejects.toMatchObject({
    code: "node.host-key-changed",
    facts: { offered: print, where: "a2-1: ssh.host_keys" },
  });
  expect(existsSync(absent)).toBe(false);
});

it("a server with several keys is asked for the type that is known, and not taken for changed", async () => {
  const second = join(sshd.dir, "second");
  await keygen(second, "second", "rsa");
  await using both = await startSshd([`HostKey ${second}`, `AuthorizedKeysFile ${sshd.dir}/authorized`]);
  const rsa = readFileSync(`${second}.pub`, "utf8").split(" ").slice(0, 2).join(" ");
  expect(await login(known("rsa-only", `[127.0.0.1]:${both.port} ${rsa}`), "strict", both.port)).toBe("in");
});
