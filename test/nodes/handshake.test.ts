import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openSession } from "../../src/nodes/index.ts";
import { type Sshd, startSshd } from "./sshd.ts";

const never = new AbortController().signal;

/** Logs in and asks something, so that all that the server says after a login has been heard. @returns what sshd wrote */
async function logOf(sshd: Sshd, ...lines: readonly string[]): Promise<string> {
  const configFile = join(sshd.dir, "ssh_config");
  writeFileSync(configFile, lines.join("\n"));
  const setup = { configFile, knownHosts: [sshd.knownHosts], agentSocket: null };
  const ssh = { port: sshd.port, identityFile: sshd.key };
  const session = await openSession({ node: "n0", host: "127.0.0.1", ssh }, setup, never);
  const answer = await session.call({ script: "echo here", values: {}, deadlineMs: 30_000, signal: never });
  await session.close();
  expect(answer.stdout.toString()).toBe("here\n");
  return sshd.log();
}

it("a key of a file is shown once, signed, and no other host keys are proven", async () => {
  await using sshd = await startSshd(["LogLevel DEBUG1"]);
  const log = await logOf(sshd);
  expect(log).toContain("Accepted publickey for");
  expect(log).not.toContain("Postponed publickey");
  expect(log).not.toContain("hostkeys-prove");
});

it("only key exchanges that ssh_config allows are offered, in its order", async () => {
  await using sshd = await startSshd(["LogLevel DEBUG1"]);
  const log = await logOf(
    sshd,
    "KexAlgorithms sntrup761x25519-sha512@openssh.com,ecdh-sha2-nistp384,curve25519-sha256",
  );
  expect(log).toContain("kex: algorithm: ecdh-sha2-nistp384");
});
