import { defined } from "../defined.ts";
import type { Ssh } from "../shape/ssh.ts";
import { durationMs } from "../shape/words.ts";
import type { Node } from "../topology.ts";

type SshOptions = Node["ssh"];

export function sshOptions(ssh: Ssh): SshOptions {
  return defined({
    user: ssh.user,
    port: ssh.port,
    identityFile: ssh.identity_file,
    jump: typeof ssh.jump === "string" ? [ssh.jump] : ssh.jump,
    connectTimeoutMs: ssh.connect_timeout === undefined ? undefined : durationMs(ssh.connect_timeout),
    hostKeys: hostKeys(ssh.host_keys),
    transport: ssh.transport,
  });
}

/** `strict` and `accept-new` are ways, everything else is a pinned key. */
function hostKeys(keys: Ssh["host_keys"]): SshOptions["hostKeys"] {
  if (keys === undefined || keys === "strict" || keys === "accept-new") return keys;
  return typeof keys === "string" ? [keys] : keys;
}
