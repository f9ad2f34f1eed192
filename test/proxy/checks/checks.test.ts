import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import list from "./checks.json" with { type: "json" };
import faults from "./faults.json" with { type: "json" };

const home = new URL("../", import.meta.url);
const highest = { P: 15, D: 13, X: 9, L: 20, S: 11, C: 8 };
const text = (file: string) => readFileSync(new URL(file, home), "utf8");

it("every check of a strict engine is in the table, and no other", () => {
  const ids = Object.entries(highest).flatMap(([letter, last]) =>
    Array.from({ length: last }, (_, at) => `${letter}${at + 1}`),
  );
  expect(ids).toHaveLength(76);
  expect(Object.keys(list)).toEqual(ids);
});

it("every check is held: by the fakes on each request, or by tests that are there", () => {
  const fakes = ["checks.ts", "engine.ts", "decode.ts", "cluster.ts", "registry.ts", "transfers.ts"].map(
    (file) => `fake/${file}`,
  );
  const speech = readdirSync(new URL("fake/speech", home)).map((file) => `fake/speech/${file}`);
  const said = [...fakes, ...speech].map(text).join("\n");
  const lacking = Object.entries(list).filter(([id, { by }]) =>
    typeof by === "string" ? !new RegExp(`"${id}[-"]`).test(said) : by.length === 0 || !by.every(isThere),
  );
  expect(lacking.map(([id]) => id)).toEqual([]);
});

it("every fault that a connection can have is in a test that is there", () => {
  const lacking = Object.entries(faults).filter(([, by]) => by.length === 0 || !by.every(isThere));
  expect(lacking.map(([what]) => what)).toEqual([]);
});

function isThere(test: string): boolean {
  const [file = "", ...words] = test.split(": ");
  return text(file).includes(words.join(": "));
}
