import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { appendFileSync, chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSession } from "../../src/nodes/index.ts";
import type { SshOptions } from "../../src/nodes/session.ts";
import type { SshSetup } from "../../src/nodes/ssh-config.ts";
import { keygen, type Sshd, startSshd } from "./sshd.ts";

const never = new AbortController().signal;
let sshd: Sshd;
beforeAll(async () => {
  sshd = await startSshd();
});
afterAll(() => sshd[Symbol.asyncDispose]());

/** Logs in, runs one command, leaves. */
async function greet(ssh: SshOptions = {}, setup: SshSetup = {}, host = "127.0.0.1"): Promise<string> {
  const address = { node: "a2-1", host, ssh: { port: sshd.port, ...ssh } };
  const session = await openSession(address, { knownHosts: [sshd.knownHosts], agentSocket: null, ...setup }, never);
  const answer = await session.call({ script: "printf hello", values: {}, deadlineMs: 5_000, signal: never });
  await session.close();
  return answer.stdout.toString();
}

describe("keys", () => {
  const setup = (): SshSetup => ({ configFile: emptyConfig() });
  const emptyConfig = (lines = "") => {
    const file = join(sshd.dir, "ssh_config");
    writeFileSync(file, `Host *\n  IdentityFile ${sshd.dir}/absent\n${lines}`);
    return file;
  };

  it("says which keys were offered when the node accepts none", async () => {
    const wrong = join(sshd.dir, "wrong");
    await keygen(wrong, "wrong");
    const print = execFileSync("ssh-keygen", ["-lf", `${wrong}.pub`])
      .toString()
      .split(" ")[1];
    await expect(greet({ identityFile: wrong }, setup())).rejects.toMatchObject({
      code: "node.login-refused",
      facts: { node: "a2-1", address: "127.0.0.1", port: sshd.port, user: sshd.user, offered: [`${wrong} ${print}`] },
    });
  });

  it("says that there is no key to offer, and that the one in the topology is not there", async () => {
    const gone = join(sshd.dir, "gone");
    await expect(greet({ identityFile: gone }, setup())).rejects.toMatchObject({
      code: "node.login-refused",
      facts: { why: "there is no key to offer", offered: [`${gone}: no such file`] },
    });
  });

  it("says that a key needs its passphrase, instead of asking or hanging", async () => {
    const locked = join(sshd.dir, "locked");
    await keygen(locked, "locked", "ed25519", "secret words");
    await expect(greet({ identityFile: locked }, setup())).rejects.toMatchObject({
      code: "node.login-refused",
      facts: { offered: [`${locked}: has a passphrase and is not in the agent: ssh-add it`] },
    });
  });

  it("uses a key that the agent holds, also when its file has a passphrase", async () => {
    const locked = join(sshd.dir, "in-agent");
    await keygen(locked, "in-agent", "ed25519", "");
    appendFileSync(join(sshd.dir, "authorized"), readFileSync(`${locked}.pub`));
    await using agent = await startAgent(join(sshd.dir, "agent.sock"));
    execFileSync("ssh-add", ["-q", locked], { env: { ...process.env, SSH_AUTH_SOCK: agent.socket } });
    execFileSync("ssh-keygen", ["-q", "-p", "-P", "", "-N", "secret words", "-f", locked]);
    const configFile = emptyConfig();
    expect(await greet({}, { configFile, agentSocket: agent.socket })).toBe("hello");
    expect(await greet({ identityFile: locked }, { configFile, agentSocket: agent.socket })).toBe("hello");
    await expect(
      greet({}, { configFile: emptyConfig("  IdentitiesOnly yes\n"), agentSocket: agent.socket }),
    ).rejects.toMatchObject({
      code: "node.login-refused", // the user said: only the keys of the configuration
    });
  });

  it.each(["ed25519", "rsa", "ec"] as const)(
    "takes a %s key in PKCS#8, as cloud consoles hand them out",
    async (type) => {
      const pair =
        type === "rsa"
          ? generateKeyPairSync("rsa", { modulusLength: 2048 })
          : type === "ec"
            ? generateKeyPairSync("ec", { namedCurve: "P-256" })
            : generateKeyPairSync("ed25519");
      const file = join(sshd.dir, `pkcs8-${type}`);
      writeFileSync(file, pair.privateKey.export({ type: "pkcs8", format: "pem" }));
      chmodSync(file, 0o600);
      // The public half from OpenSSH, so that it is the same key that we offer; it cannot read Ed25519 in this form itself.
      const { x = "" } = type === "ed25519" ? pair.publicKey.export({ format: "jwk" }) : {};
      const blob = Buffer.concat([
        Buffer.from("0000000b7373682d6564323535313900000020", "hex"),
        Buffer.from(x, "base64url"),
      ]);
      const pub =
        type === "ed25519"
          ? `ssh-ed25519 ${blob.toString("base64")}
`
          : execFileSync("ssh-keygen", ["-y", "-f", file]).toString();
      appendFileSync(join(sshd.dir, "authorized"), pub);
      expect(await greet({ identityFile: file }, setup())).toBe("hello");
    },
  );

  it("names the only ways in when the server takes no keys", async () => {
    await using other = await startSshd(["PubkeyAuthentication no", "PasswordAuthentication yes"]);
    const login = greet({ port: other.port, identityFile: sshd.key }, { ...setup(), knownHosts: [other.knownHosts] });
    await expect(login).rejects.toMatchObject({
      code: "node.login-refused",
      facts: { why: "the server takes no keys, only password" },
    });
  });
});

it("says that the key was right when the server wants a second proof", async () => {
  await using other = await startSshd(["AuthenticationMethods publickey,password", "PasswordAuthentication yes"]);
  const login = greet(
    { port: other.port, identityFile: other.key },
    { configFile: "/dev/null", knownHosts: [other.knownHosts] },
  );
  await expect(login).rejects.toMatchObject({
    code: "node.login-refused",
    facts: { why: "the key is right, but the server asks for password as well" },
  });
});

it("finds a key of the topology that is written with ~", async () => {
  const home = process.env.HOME;
  process.env.HOME = sshd.dir;
  try {
    expect(await greet({ identityFile: "~/key" }, { configFile: "/dev/null" })).toBe("hello");
  } finally {
    process.env.HOME = home;
  }
});

describe("ssh_config", () => {
  it("is not needed: without an ssh program the topology's own words are enough", async () => {
    const path = process.env.PATH;
    process.env.PATH = "/nonexistent";
    try {
      expect(await greet({ identityFile: sshd.key, user: sshd.user })).toBe("hello");
    } finally {
      process.env.PATH = path;
    }
  });

  it("is obeyed: alias, HostName, Port, User, IdentityFile, HostKeyAlias and UserKnownHostsFile", async () => {
    const known = join(sshd.dir, "known-by-alias");
    writeFileSync(known, `the-alias ${sshd.hostKey}\n`);
    const configFile = join(sshd.dir, "alias_config");
    writeFileSync(
      configFile,
      `Host a2-1\n HostName 127.0.0.1\n Port ${sshd.port}\n User ${sshd.user}\n IdentityFile ${sshd.key}\n HostKeyAlias the-alias\n UserKnownHostsFile ${known}\n`,
    );
    const session = await openSession(
      { node: "a2-1", host: "a2-1", ssh: {} },
      { configFile, agentSocket: null },
      never,
    );
    expect(
      (await session.call({ script: "printf hello", values: {}, deadlineMs: 5_000, signal: never })).stdout.toString(),
    ).toBe("hello");
    expect(session.address).toBe("a2-1");
    await session.close();
  });

  it("that ssh itself cannot read is told in ssh's words", async () => {
    const configFile = join(sshd.dir, "broken_config");
    writeFileSync(configFile, "Hots *\n");
    await expect(greet({}, { configFile })).rejects.toMatchObject({
      code: "node.unreachable",
      facts: { why: expect.stringMatching(/ssh -G says: .*broken_config/) },
    });
  });
});

async function startAgent(socket: string): Promise<AsyncDisposable & { socket: string }> {
  const child: ChildProcess = spawn("ssh-agent", ["-D", "-a", socket], { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise((resolve) => child.stdout?.once("data", resolve));
  return {
    socket,
    [Symbol.asyncDispose]: async () => {
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill();
      await gone;
    },
  };
}
