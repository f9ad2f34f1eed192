import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { IdleWatch } from "../../src/proxy/front/idle-watch.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("breaks off what stands still, not what goes on and not what its client is slow to take", () => {
  const idle = new IdleWatch(8);
  const broken: string[] = [];
  let came = 0;
  const answer = (name: string, bytes: () => number, isHeldBack = false) =>
    idle.watch({ bytes, isHeldBack: () => isHeldBack, onSilent: () => broken.push(name) });
  const ends = [answer("silent", () => 7), answer("goes on", () => came), answer("held back", () => 7, true)];
  for (let second = 0; second < 8; second++) {
    came++;
    vi.advanceTimersByTime(1_000);
    expect(broken).toEqual([]);
  }
  came++;
  vi.advanceTimersByTime(2_000);
  expect(broken).toEqual(["silent"]);
  for (const end of ends) end();
  expect(vi.getTimerCount()).toBe(0);
});

it("counts its time from when it begins to watch", () => {
  const idle = new IdleWatch(8);
  const broken: string[] = [];
  const first = idle.watch({ bytes: () => 0, isHeldBack: () => true, onSilent: () => broken.push("first") });
  vi.advanceTimersByTime(7_900);
  const second = idle.watch({ bytes: () => 0, isHeldBack: () => false, onSilent: () => broken.push("second") });
  vi.advanceTimersByTime(8_000);
  expect(broken).toEqual([]);
  vi.advanceTimersByTime(2_000);
  expect(broken).toEqual(["second"]);
  first();
  second();
});
