let waiting: (() => void)[] = [];

/**
 * Writes when all that this turn of the event loop has read is worked off. Whoever is written to wakes up for it: a dozen requests that are
 * written in one go wake an engine once, and one alone waits for nothing.
 */
export function atTurnsEnd(write: () => void): void {
  if (waiting.push(write) === 1) setImmediate(writeAll);
}

function writeAll(): void {
  const all = waiting;
  waiting = [];
  for (const write of all) write();
}
