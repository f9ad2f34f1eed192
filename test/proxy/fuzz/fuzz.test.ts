import { expect, it } from "vitest";
import { fuzz, fuzzResponses } from "./fuzz.ts";

it.each(["undici", "sockets"] as const)(
  "random requests, framings, cuts and faults (%s): what the client and the engines get is what a plain relay gives them",
  async (upstream) => {
    const seed = Number(process.env.PDCTL_FUZZ_SEED ?? 1);
    const { findings } = await fuzz({ upstream, seed, from: 0, cases: 400, lanes: 8 });
    expect(findings.map(({ index, what }) => `npm run fuzz -- --seed ${seed} --case ${index}: ${what}`)).toEqual([]);
  },
  60_000,
);

it("spoiled answers: no client reads one as another than a strict reader does", async () => {
  const { findings } = await fuzzResponses({ upstream: "sockets", seed: 1, from: 0, cases: 300, lanes: 8 });
  expect(findings).toEqual([]);
}, 60_000);
