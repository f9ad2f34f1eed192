import type { ErrorCode } from "../../errors.ts";

/** What pdctl says with its exit code; nothing else ever comes out. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  topology: 3,
  login: 4,
  partial: 5,
  late: 6,
  locked: 7,
  refused: 8,
  bug: 70,
  interrupted: 130,
  terminated: 143,
} as const;

const OF_ERROR: { readonly [C in ErrorCode]: number } = {
  usage: EXIT.usage,
  "file.unreadable": EXIT.usage,
  "topology.missing": EXIT.usage,
  "topology.invalid": EXIT.topology,
  "plan.invalid": EXIT.topology,
  "plan.drifted": EXIT.refused,
  "secret.missing": EXIT.topology,
  "secret.short": EXIT.topology,
  "node.unreachable": EXIT.login,
  "node.login-refused": EXIT.login,
  "node.host-key-unknown": EXIT.login,
  "node.host-key-changed": EXIT.login,
  "node.silent": EXIT.login,
  "node.lost": EXIT.partial,
  "node.unfit": EXIT.refused,
  "node.command": EXIT.failed,
  "lock.held": EXIT.locked,
  "lock.lost": EXIT.locked,
  "lock.stalled": EXIT.locked,
  "cluster.foreign": EXIT.locked,
  "cluster.absent": EXIT.failed,
  "cluster.unnamed": EXIT.usage,
};

export const exitOf = (code: ErrorCode): number => OF_ERROR[code];
