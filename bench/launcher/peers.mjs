/** Who runs a command on many hosts, and how each is asked to. A peer that is not installed is named and left out. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";

/** What every peer may do at once; pdctl works on 64 nodes at once as well, and logs in to 32. */
export const AT_ONCE = 64;
/** `python3 -m venv ~/.cache/pdctl/bench-venv && ~/.cache/pdctl/bench-venv/bin/pip install ansible-core pyinfra ClusterShell` */
const venv = path.join(homedir(), ".cache/pdctl/bench-venv/bin");
const tool = (name) => path.join(venv, name);
const version = (name) => () => /\d+(\.\d+)+/.exec(execFileSync(tool(name), ["--version"], { encoding: "utf8" }))?.[0];

/** No connection outlives a command: every run is cold. */
const ansibleEnv = { ANSIBLE_SSH_ARGS: "-C -o ControlMaster=no", ANSIBLE_NOCOLOR: "1" };

async function inventory(folder, name, text) {
  const file = path.join(folder, name);
  await writeFile(file, text);
  return file;
}

/** `argv` is the command that runs `words` on these hosts; `answers` counts the hosts that said "answered" when asked to. */
export const peers = [
  {
    name: "ansible",
    title: "ansible -m raw",
    env: ansibleEnv,
    async argv(hosts, words, folder) {
      const file = await inventory(folder, "hosts.ini", `${hosts.join("\n")}\n`);
      return [tool("ansible"), "all", "-i", file, "-f", String(AT_ONCE), "-m", "raw", "-a", words.join(" ")];
    },
    answers: (said) => said.match(/^answered$/gm)?.length ?? 0,
  },
  {
    name: "pyinfra",
    title: "pyinfra",
    env: {},
    async argv(hosts, words, folder) {
      const file = await inventory(folder, "hosts.py", `hosts = ${JSON.stringify(hosts)}\n`);
      return [tool("pyinfra"), "-y", "--parallel", String(AT_ONCE), file, "exec", "--", ...words];
    },
    answers: (said) => said.match(/\] answered$/gm)?.length ?? 0,
  },
  {
    name: "clush",
    title: "clush",
    env: {},
    argv: async (hosts, words) => [tool("clush"), "-S", "-f", String(AT_ONCE), "-w", hosts.join(","), ...words],
    answers: (said) => said.match(/: answered$/gm)?.length ?? 0,
  },
].map((peer) => ({ ...peer, there: existsSync(tool(peer.name)), version: version(peer.name) }));
