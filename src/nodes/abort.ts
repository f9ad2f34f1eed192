import { setMaxListeners } from "node:events";

/**
 * Calls `leave` once when the signal aborts, on the spot if it has already. Returns what takes that back. A command has one
 * signal for hundreds of nodes, so Node's warning about many listeners would be a false alarm.
 */
export function onAbort(signal: AbortSignal, leave: () => void): () => void {
  if (signal.aborted) {
    leave();
    return () => undefined;
  }
  setMaxListeners(0, signal);
  signal.addEventListener("abort", leave, { once: true });
  return () => signal.removeEventListener("abort", leave);
}

/** `work`, or the signal's reason as soon as it aborts; `letGo` frees what the work holds. */
export async function untilAborted<T>(work: Promise<T>, signal: AbortSignal, letGo?: () => void): Promise<T> {
  let takeBack: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    takeBack = onAbort(signal, () => {
      letGo?.();
      reject(signal.reason);
    });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    takeBack();
  }
}

/** Between two tries of something that only the other side can end. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  return untilAborted(over, signal, () => clearTimeout(timer));
}
