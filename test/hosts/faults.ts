import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import type { Host } from "./host.ts";
import { processesOf } from "./processes.ts";
import { labDirectory } from "./spec.ts";

export interface BlockOptions {
  /** A host, or the launcher (which has .254 in every network). Default: everybody. */
  readonly from?: Host | "launcher";
  /** Only this TCP port. */
  readonly port?: number;
  /** drop: silence (default); reset: the connection is refused. */
  readonly by?: "drop" | "reset";
}

/** Stops until no process is left that runs: one may fork while we look. */
export async function freeze(host: Host): Promise<AsyncDisposable> {
  const { init } = host;
  const running = () => processesOf(init).filter(({ state }) => state !== "T");
  for (let left = running(); left.length > 0; left = running())
    for (const { outside } of left) process.kill(outside, "SIGSTOP");
  return {
    async [Symbol.asyncDispose]() {
      if (existsSync(`/proc/${init}`)) for (const { outside } of processesOf(init)) process.kill(outside, "SIGCONT");
    },
  };
}

export async function cutLink({ name, init }: Host): Promise<AsyncDisposable> {
  const link = `v${readFileSync(join(labDirectory, name, "net"), "utf8").split(" ")[0]}`;
  await execa("ip", ["link", "set", "dev", link, "down"]);
  return {
    async [Symbol.asyncDispose]() {
      if (existsSync(`/proc/${init}`)) await execa("ip", ["link", "set", "dev", link, "up"]); // a crash takes the link along
    },
  };
}

/** Both ends of every connection to this port of the host hear of a reset, at once; who calls again is let in. Needs CONFIG_INET_DIAG_DESTROY. */
export async function reset({ init }: Host, port: number): Promise<void> {
  await execa("nsenter", ["--target", String(init), "--net", "ss", "--kill", "--no-header", "sport", "=", `:${port}`]);
}

export async function block(host: Host, { from, port, by = "drop" }: BlockOptions = {}): Promise<AsyncDisposable> {
  const { init, ip } = host;
  const source = from === "launcher" ? `${ip.split(".").slice(0, 3).join(".")}.254` : from?.ip;
  const rule = [
    ...(source === undefined ? ["!", "--in-interface", "lo"] : ["--source", source]),
    ...(port === undefined && by === "drop" ? [] : ["--protocol", "tcp"]),
    ...(port === undefined ? [] : ["--dport", String(port)]),
    "--jump",
    ...(by === "drop" ? ["DROP"] : ["REJECT", "--reject-with", "tcp-reset"]),
  ];
  const iptables = (verb: "--insert" | "--delete") =>
    execa("nsenter", ["--target", String(init), "--net", "iptables", "--wait", verb, "INPUT", ...rule]);
  await iptables("--insert");
  return {
    async [Symbol.asyncDispose]() {
      if (existsSync(`/proc/${init}`)) await iptables("--delete");
    },
  };
}
