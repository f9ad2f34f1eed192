import { expect, it } from "vitest";
import { openSession } from "../../src/nodes/index.ts";
import { startSshd } from "./sshd.ts";

const never = new AbortController().signal;

it("a login with a key of a file shows it once, signed, and has no other host keys proven", async () => {
  await using sshd = await startSshd(["LogLevel DEBUG1"]);
  const setup = { configFile: "/dev/null", knownHosts: [sshd.knownHosts], agentSocket: null };
  const ssh = { port: sshd.port, identityFile: sshd.key };
  const session = await openSession({ node: "n0", host: "127.0.0.1", ssh }, setup, never);
  const answer = await session.call({ script: "echo here", values: {}, deadlineMs: 30_000, signal: never });
  await session.close();
  expect(answer.stdout.toString()).toBe("here\n");
  expect(sshd.log()).toContain("Accepted publickey for");
  expect(sshd.log()).not.toContain("Postponed publickey");
  expect(sshd.log()).not.toContain("hostkeys-prove");
});
