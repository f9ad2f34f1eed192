import { expect } from "vitest";
import { type Asked, miscounted, moreThan, type Resources } from "./accounts.ts";

const LIMIT_MS = 10_000; // in a sound run all of it is true within milliseconds

/** Waits for the last sockets to close: no more of a kind are there than before. */
export async function nothingLeft(before: Resources): Promise<void> {
  const deadline = performance.now() + LIMIT_MS;
  while (moreThan(before).length > 0) {
    if (performance.now() > deadline) expect(moreThan(before), "left open when everything was closed").toEqual([]);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

export const countedOnce = (metrics: string, asked: Asked): void => expect(miscounted(metrics, asked)).toEqual([]);
