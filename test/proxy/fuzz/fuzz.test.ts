import { expect, it } from "vitest";
import { fuzz, fuzzFront, fuzzResponses } from "./fuzz.ts";

it.each([
  ["undici", "relay"],
  ["sockets", "shared-store"],
  ["sockets", "relay-cached"],
  ["sockets", "mooncake"],
  ["undici", "nixl-push"],
  ["sockets", "moriio-write"],
] as const)(
  "random requests, framings, cuts and faults (%s, %s): what the client and the engines get is what a plain relay gives them",
  async (upstream, family) => {
    const seed = Number(process.env.PDCTL_FUZZ_SEED ?? 1);
    const { findings } = await fuzz({ upstream, family, seed, from: 0, cases: 120, lanes: 8, plainEvery: 1 });
    expect(findings.map(({ index, what }) => `npm run fuzz -- --seed ${seed} --case ${index}: ${what}`)).toEqual([]);
  },
  60_000,
);

it("spoiled answers: no client reads one as another than a strict reader does", async () => {
  const { findings } = await fuzzResponses({
    upstream: "sockets",
    family: "relay",
    seed: 1,
    from: 0,
    cases: 200,
    lanes: 8,
    plainEvery: 1,
  });
  expect(findings).toEqual([]);
}, 60_000);

it("spoiled requests: the proxy serves what node:http reads of them, and nothing else", async () => {
  const { findings } = await fuzzFront({
    upstream: "sockets",
    family: "relay",
    seed: 1,
    from: 0,
    cases: 300,
    lanes: 8,
    plainEvery: 1,
  });
  expect(findings).toEqual([]);
}, 60_000);
