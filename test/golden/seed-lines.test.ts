import { describe, expect, it } from "vitest";
import { assertRow } from "./assert-row.ts";
import * as seed000 from "./seed-000.ts";
import * as seed001 from "./seed-001.ts";
import * as seed002 from "./seed-002.ts";
import * as seed003 from "./seed-003.ts";
import * as seed004 from "./seed-004.ts";

const seeds = { "000": seed000, "001": seed001, "002": seed002, "003": seed003, "004": seed004 };

describe.each(Object.entries(seeds))("a user of document %s gets what every line of it means", (_, { rows }) => {
  it.each(rows.map((row) => [row.line, row] as const))("%s", (_line, row) => {
    assertRow(row);
  });
});

it("says which rows wait for a later part of pdctl", () => {
  const waiting = Object.values(seeds).flatMap((each) => each.waiting);
  const asserted = Object.values(seeds).flatMap(({ rows }) => rows);
  process.stdout.write(`seed lines: ${asserted.length} rows asserted, ${waiting.length} waiting\n${waiting.map(({ line, why }) => `  ${line} · ${why}\n`).join("")}`);
  expect(new Set(asserted.map(({ line }) => line)).size, "two rows of one name hide each other").toBe(asserted.length);
});
