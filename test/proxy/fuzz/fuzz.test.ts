import { expect, it } from "vitest";
import { fuzz } from "./fuzz.ts";

it("random requests, framings, cuts and faults: what the client and the engines get is what a plain relay gives them", async () => {
  const seed = Number(process.env.PDCTL_FUZZ_SEED ?? 1);
  const { findings } = await fuzz({ seed, from: 0, cases: 1_500, lanes: 8 });
  expect(findings.map(({ index, what }) => `npm run fuzz -- --seed ${seed} --case ${index}: ${what}`)).toEqual([]);
}, 60_000);
