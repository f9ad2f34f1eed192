import { spawn } from "node:child_process";
import { Duplex } from "node:stream";
import { UserError } from "../errors.ts";
import { onAbort } from "./abort.ts";
import type { Hop } from "./route.ts";

/** What ssh_config's ProxyCommand of a hop connects to: its stdin and stdout are the connection. Rejects with `node.unreachable`. */
export function throughCommand(node: string, hop: Hop, command: string, signal: AbortSignal): Promise<Duplex> {
  const began = performance.now();
  const child = spawn("/bin/sh", ["-c", `exec ${command}`], { stdio: ["pipe", "pipe", "pipe"] });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said = `${said}${chunk}`.slice(-500)));
  child.stdin.on("error", () => undefined); // it ended: told by its exit
  return new Promise((resolve, reject) => {
    const settle = () => {
      takeBack();
      clearTimeout(timer);
      child.stdout.off("readable", open);
      child.off("close", closed);
    };
    const fail = (why: string) => {
      settle();
      child.kill();
      const afterMs = Math.round(performance.now() - began);
      reject(new UserError("node.unreachable", { node, address: `${hop.host}:${hop.port}`, afterMs, why }));
    };
    const closed = (exit: number | null) =>
      fail(
        `its ProxyCommand ended with ${exit ?? "a signal"}${said === "" ? "" : `: ${said.trim().split("\n").at(-1)}`}`,
      );
    // An SSH server greets without being asked, so the first byte says that the way is open.
    const open = () => {
      if (child.stdout.readableLength === 0) return; // the end of its output; its exit follows
      settle();
      const stream = Duplex.from({ readable: child.stdout, writable: child.stdin });
      stream.once("close", () => child.kill());
      resolve(stream);
    };
    const timer = setTimeout(() => fail("its ProxyCommand brought no answer"), hop.connectTimeoutMs);
    child.stdout.on("readable", open);
    child.on("close", closed);
    child.on("error", (error) => fail(error.message));
    const takeBack = onAbort(signal, () =>
      queueMicrotask(() => {
        settle();
        child.kill();
        reject(signal.reason);
      }),
    );
  });
}
