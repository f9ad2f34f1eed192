import type { Pair, Section } from "../case.ts";

export const pairPorts: Section<Pair> = {
  name: "ports",
  title: "What a pair that is healthy listens on",
  cases: [
    { name: "prefill", act: async ({ p }) => p.ports() },
    { name: "decode", act: async ({ d }) => d.ports() },
    {
      name: "the processes of an engine",
      act: async ({ d }) => d.processes().map(({ name }) => name),
      differs: [{ at: "", why: "the stand-in is one process" }],
    },
  ],
};
