import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { openSession, openSessions } from "../../src/nodes/index.ts";
import type { NodeAddress, Session, SshOptions } from "../../src/nodes/session.ts";
import type { SshSetup } from "../../src/nodes/ssh-config.ts";
import { freePort, keygen, type Sshd, startSshd } from "./sshd.ts";

const never = new AbortController().signal;
let sshd: Sshd;
beforeAll(async () => {
  sshd = await startSshd();
});
afterAll(() => sshd[Symbol.asyncDispose]());

const file = (name: string) => join(sshd.dir, name);
const config = (name: string, ...lines: string[]) => {
  writeFileSync(file(name), `${lines.join("\n")}\n`);
  return file(name);
};
/** Nothing of the user's own; keys that do not exist. */
const bare = () => config("bare", "Host *", ` IdentityFile ${file("absent")}`);

async function open(ssh: SshOptions = {}, setup: SshSetup = {}, host = "127.0.0.1"): Promise<Session> {
  const address: NodeAddress = { node: "a2-1", host, ssh: { port: sshd.port, ...ssh } };
  return openSession(
    address,
    { knownHosts: [sshd.knownHosts], agentSocket: null, configFile: bare(), ...setup },
    never,
  );
}

async function greeted(session: Session): Promise<string> {
  const answer = await session.call({ script: "printf hello", values: {}, deadlineMs: 10_000, signal: never });
  await session.close();
  return answer.stdout.toString();
}

describe("auto takes the system's ssh", () => {
  it("where the login has a certificate", async () => {
    await keygen(file("ca"), "ca");
    await keygen(file("signed"), "signed");
    execFileSync("ssh-keygen", ["-q", "-s", file("ca"), "-I", "ci", "-n", sshd.user, `${file("signed")}.pub`]);
    await using strict = await startSshd([`TrustedUserCAKeys ${file("ca.pub")}`, "AuthorizedKeysFile none"]);
    const session = await open(
      { port: strict.port, identityFile: file("signed") },
      { knownHosts: [strict.knownHosts] },
    );
    expect(session.transport).toEqual({
      kind: "openssh",
      why: expect.stringMatching(/certificate, .*signed-cert\.pub$/),
    });
    expect(await greeted(session)).toBe("hello");
  });

  it("where an authority vouches for the node's host key", async () => {
    await keygen(file("host-ca"), "host-ca");
    await using signed = await startSshd();
    const host = join(signed.dir, "host");
    execFileSync("ssh-keygen", ["-q", "-s", file("host-ca"), "-I", "a2-1", "-h", "-n", "127.0.0.1", `${host}.pub`]);
    await using certified = await startSshd([`HostKey ${host}`, `HostCertificate ${host}-cert.pub`]);
    const authority = readFileSync(file("host-ca.pub"), "utf8");
    const known = config("authorities", `@cert-authority [127.0.0.1]:${certified.port} ${authority.trim()}`);
    const session = await open({ port: certified.port, identityFile: certified.key }, { knownHosts: [known] });
    expect(session.transport.why).toMatch(/authorities:1 trusts an authority for the host key of 127\.0\.0\.1/);
    expect(await greeted(session)).toBe("hello");
  });

  it("where ssh_config allows only key exchanges that pdctl's own client lacks, and where the server does", async () => {
    const postQuantum = "KexAlgorithms sntrup761x25519-sha512@openssh.com";
    await using strict = await startSshd([postQuantum]);
    const ssh = { port: strict.port, identityFile: strict.key };
    const said = await open(ssh, { knownHosts: [strict.knownHosts], configFile: config("pq", "Host *", postQuantum) });
    expect(said.transport.why).toContain("sntrup761x25519-sha512@openssh.com");
    expect(await greeted(said)).toBe("hello");
    const unsaid = await open(ssh, { knownHosts: [strict.knownHosts] });
    expect(unsaid.transport).toEqual({ kind: "openssh", why: expect.stringContaining("do not agree") });
    expect(await greeted(unsaid)).toBe("hello");
    await expect(open({ ...ssh, transport: "ssh2" }, { knownHosts: [strict.knownHosts] })).rejects.toMatchObject({
      facts: { why: expect.stringMatching(/no matching/i) },
    });
  });

  it("where the key is on a token, or there is none and Kerberos is configured", async () => {
    config("token", "a private half that points at the token");
    config("token.pub", "sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29t me");
    const token = open({ identityFile: file("token") });
    // There is no token here: that the system's ssh was asked shows in its own list of what it offered.
    await expect(token).rejects.toMatchObject({
      code: "node.login-refused",
      facts: { why: expect.stringContaining("publickey") },
    });
    const configFile = config("kerberos", "Host *", ` IdentityFile ${file("absent")}`, " GSSAPIAuthentication yes");
    await expect(open({}, { configFile })).rejects.toMatchObject({
      code: "node.login-refused",
      facts: { why: expect.stringContaining("the server asks for publickey"), offered: [] },
    });
  });

  it("and nowhere else", async () => {
    const session = await open({ identityFile: sshd.key });
    expect(session.transport).toEqual({ kind: "ssh2" });
    await session.close();
  });
});

describe("the system's ssh fails in the same words", () => {
  const openssh = { transport: "openssh" } as const;
  it("when nothing listens", async () => {
    const port = await freePort();
    await expect(open({ ...openssh, port })).rejects.toMatchObject({
      code: "node.unreachable",
      facts: { node: "a2-1", address: `127.0.0.1:${port}`, why: expect.stringMatching(/refused/) },
    });
  });

  it("when no key is accepted, and it never asks for a passphrase", async () => {
    await keygen(file("wrong"), "wrong");
    await keygen(file("locked"), "locked", "ed25519", "secret words");
    await expect(open({ ...openssh, identityFile: file("wrong") })).rejects.toMatchObject({
      code: "node.login-refused",
      facts: { port: sshd.port, user: sshd.user, offered: [expect.stringContaining(file("wrong"))] },
    });
    await expect(open({ ...openssh, identityFile: file("locked") })).rejects.toMatchObject({
      code: "node.login-refused",
    });
  });

  it("when the host key is not known, is another one, or is not the pinned one", async () => {
    const ssh = { ...openssh, identityFile: sshd.key };
    const print = execFileSync("ssh-keygen", ["-lf", `${file("host")}.pub`])
      .toString()
      .split(" ")[1];
    await expect(open(ssh, { knownHosts: [config("nobody", "")] })).rejects.toMatchObject({
      code: "node.host-key-unknown",
      facts: { type: "ssh-ed25519", fingerprint: print, looked: [file("nobody")] },
    });
    await keygen(file("other"), "other");
    const other = readFileSync(file("other.pub"), "utf8").split(" ").slice(0, 2).join(" ");
    const known = config("changed", `[127.0.0.1]:${sshd.port} ${other}`);
    await expect(open(ssh, { knownHosts: [known] })).rejects.toMatchObject({
      code: "node.host-key-changed",
      facts: { offered: print, where: `${known}:1`, known: expect.stringMatching(/^SHA256:/) },
    });
    await expect(open({ ...ssh, hostKeys: [other] })).rejects.toMatchObject({ code: "node.host-key-changed" });
    await expect(open({ ...ssh, hostKeys: [print ?? ""] })).rejects.toMatchObject({
      code: "node.unfit",
      facts: { remedy: expect.stringContaining("whole key") },
    });
    expect(await greeted(await open({ ...ssh, hostKeys: [sshd.hostKey] }))).toBe("hello");
  });
});

describe("ways", () => {
  it("through two bastions, each logged in to once for all nodes, whatever the node's own transport is", async () => {
    await using outer = await startSshd();
    await using inner = await startSshd();
    const configFile = config(
      "chain",
      ...[`Host outer`, ` HostName 127.0.0.1`, ` Port ${outer.port}`, ` IdentityFile ${outer.key}`],
      ...[`Host inner`, ` HostName 127.0.0.1`, ` Port ${inner.port}`, ` IdentityFile ${inner.key}`],
    );
    const setup = { configFile, agentSocket: null, knownHosts: [sshd.knownHosts, outer.knownHosts, inner.knownHosts] };
    for (const transport of ["openssh", "ssh2"] as const) {
      const before = [outer, inner].map(logins);
      const ssh = { port: sshd.port, identityFile: sshd.key, jump: ["outer", "inner"], transport };
      const addresses = ["n0", "n1", "n2"].map((node) => ({ node, host: "127.0.0.1", ssh }));
      const sessions = [...(await openSessions(addresses, setup, never)).values()];
      const said = await Promise.all(
        sessions.map((one) => (one instanceof Error ? Promise.reject(one) : greeted(one))),
      );
      expect(said).toEqual(["hello", "hello", "hello"]);
      expect([outer, inner].map(logins)).toEqual(before.map((count) => count + 1));
    }
  });

  it("whose sockets lie below a path with blanks and quotes", async () => {
    await using outer = await startSshd();
    const configFile = config(
      "quotes",
      ...["Host outer", " HostName 127.0.0.1", ` Port ${outer.port}`, ` IdentityFile ${outer.key}`],
    );
    const odd = file(`it's "my" dir`);
    mkdirSync(odd);
    vi.stubEnv("XDG_RUNTIME_DIR", odd);
    try {
      const session = await open(
        { transport: "openssh", identityFile: sshd.key, jump: ["outer"] },
        { configFile, knownHosts: [sshd.knownHosts, outer.knownHosts] },
      );
      expect(readdirSync(odd)).toHaveLength(2);
      expect(await greeted(session)).toBe("hello");
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it("that break are told, and leave no file behind", async () => {
    const before = sockets();
    const session = await open({ transport: "openssh", identityFile: sshd.key });
    const asked = session.call({ script: "printf $PPID; sleep 30", values: {}, deadlineMs: 60_000, signal: never });
    asked.catch(() => undefined);
    const server = await session.call({
      script: "cat /proc/$PPID/stat",
      values: {},
      deadlineMs: 10_000,
      signal: never,
    });
    killSession(server.stdout.toString());
    await expect(asked).rejects.toMatchObject({ code: "node.lost", facts: { node: "a2-1" } });
    expect(await session.lost).toMatchObject({ code: "node.lost" });
    await session.close();
    expect(sockets()).toEqual(before);
  });
});

/** Ends sshd's process of this login: the parent of the shell that was asked. */
function killSession(stat: string): void {
  const parent = Number(stat.split(") ").at(-1)?.split(" ")[1]);
  process.kill(parent, "SIGKILL");
}

const sockets = () =>
  readdirSync(process.env["XDG_RUNTIME_DIR"] ?? tmpdir()).filter((name) => name.startsWith("pdctl-ssh-"));
const logins = ({ log }: Sshd) => log().match(/Accepted publickey/g)?.length ?? 0;
