import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Pulse } from "../../src/cluster/run/pulse.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance", "Date"], now: 1_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

it("a process that beats on goes on, however long it takes", () => {
  const pulse = new Pulse();
  vi.advanceTimersByTime(3_600_000);
  pulse.lost();
  expect(pulse.signal.aborted).toBe(false);
  pulse.stop();
});

it("one that was asleep ends when it hears that its lock is gone; a clock that was merely set ends nobody", () => {
  const pulse = new Pulse();
  vi.setSystemTime(1_000_000 + 120_000); // the clock that goes on in a sleep, or that somebody set
  vi.advanceTimersByTime(1_000);
  expect(pulse.signal.aborted).toBe(false);
  pulse.lost();
  expect(pulse.signal.reason).toMatchObject({ code: "lock.stalled", facts: { stoodMs: expect.any(Number) } });
  pulse.stop();
});
