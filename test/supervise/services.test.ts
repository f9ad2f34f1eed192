import { afterAll } from "vitest";
import { openLocal, openSession } from "../../src/nodes/index.ts";
import { startSshd } from "../nodes/sshd.ts";
import { serviceContract } from "./service-contract.ts";

const never = new AbortController().signal;
const sshd = await startSshd();
afterAll(() => sshd[Symbol.asyncDispose]());
const ssh = { port: sshd.port, identityFile: sshd.key, hostKeys: [sshd.hostKey] };

serviceContract("services on this machine", async () => openLocal("n0"));
serviceContract(
  "services over SSH",
  () => openSession({ node: "n0", host: "127.0.0.1", ssh }, { agentSocket: null }, never),
  { brief: true },
);
