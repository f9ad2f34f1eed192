import { setMaxListeners } from "node:events";
import { EXIT } from "./exit-codes.ts";

/** Why a run was ended from outside; the reason of its signal. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  readonly signal: "SIGINT" | "SIGTERM";
  readonly exit: number;
  constructor(signal: "SIGINT" | "SIGTERM") {
    super(signal);
    this.signal = signal;
    this.exit = signal === "SIGINT" ? EXIT.interrupted : EXIT.terminated;
  }
}

export interface Interruption {
  readonly signal: AbortSignal;
  dispose(): void;
}

/** Once: everything that waits ends, and says what runs. Twice: `leave` is the last thing that happens. */
export function interruption(leave: (exit: number) => void): Interruption {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal); // one signal goes through everything; a fleet waits on it in hundreds of places
  const heard = (name: NodeJS.Signals) => {
    const reason = new Interrupted(
      name === "SIGINT" ? name : "SIGTERM",
    ) /* a terminal that went away ends it as SIGTERM does */;
    if (!controller.signal.aborted) controller.abort(reason);
    else leave(reason.exit);
  };
  const names = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const name of names) process.on(name, heard);
  return {
    signal: controller.signal,
    dispose: () => {
      for (const name of names) process.off(name, heard);
    },
  };
}
