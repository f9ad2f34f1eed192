import { expect, it } from "vitest";
import { lineTime, younger } from "../../src/cluster/logs/since.ts";

const utc = { nowMs: Date.parse("2026-01-02T00:10:00Z"), offsetMinutes: 0 };
const berlin = { ...utc, offsetMinutes: 60 };

it.each([
  ["INFO 01-02 00:05:00 [core.py:112] Loading", utc, "2026-01-02T00:05:00Z"],
  ["(EngineCore_DP0 pid=7) ERROR 12-31 23:59:59 [core.py:9] x", utc, "2025-12-31T23:59:59Z"], // no year: it was the last one
  ["INFO 01-02 01:05:00 [core.py:112] Loading", berlin, "2026-01-02T00:05:00Z"],
  ["2026-01-02T00:05:00.123Z listening", berlin, "2026-01-02T00:05:00Z"],
  ["2026-01-02 01:05:00,123 - root - INFO", berlin, "2026-01-02T00:05:00Z"],
  ["2026-01-02T02:05:00+02:00 x", utc, "2026-01-02T00:05:00Z"],
] as const)("%s was written at its time", (line, time, at) => {
  expect(new Date(lineTime(line, time) ?? 0).toISOString()).toBe(at.replace("Z", ".000Z"));
});

it("a line without a time goes with the one before it, so that no traceback is torn", () => {
  const passes = younger(600_000, utc);
  const lines = [
    "starting",
    "INFO 01-01 23:00:00 [a] old",
    "  of old",
    "ERROR 01-02 00:05:00 [a] young",
    "Traceback",
    "INFO 01-02 00:06:00 [a] y",
  ];
  expect(lines.filter(passes)).toEqual(lines.slice(3));
});
