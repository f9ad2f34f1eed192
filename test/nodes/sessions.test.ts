import { afterAll } from "vitest";
import { openLocal, openSession } from "../../src/nodes/index.ts";
import { sessionContract } from "./session-contract.ts";
import { startSshd } from "./sshd.ts";

const never = new AbortController().signal;
const sshd = await startSshd();
const unforwarding = await startSshd(["AllowTcpForwarding no"]);
afterAll(async () => {
  await sshd[Symbol.asyncDispose]();
  await unforwarding[Symbol.asyncDispose]();
});

const open = ({ port, key, knownHosts }: typeof sshd, transport: "ssh2" | "openssh" = "ssh2") =>
  openSession(
    { node: "n0", host: "127.0.0.1", ssh: { port, identityFile: key, transport } },
    { knownHosts: [knownHosts], agentSocket: null },
    never,
  );

sessionContract("a session on this machine", async () => openLocal("n0"));
sessionContract("a session over SSH", () => open(sshd));
sessionContract("a session over SSH to a node that forwards nothing", () => open(unforwarding));
sessionContract("a session over the system's ssh", () => open(sshd, "openssh"));
