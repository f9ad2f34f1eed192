import type { Pair, Section } from "../case.ts";

const inner = [{ at: "of the kernel's choice", why: "the stand-in is one process, and has nothing to say to itself" }];

export const pairPorts: Section<Pair> = {
  name: "ports",
  title: "What a pair that is healthy listens on",
  cases: [
    { name: "prefill", act: async ({ p }) => p.ports(), differs: inner },
    { name: "decode", act: async ({ d }) => d.ports(), differs: inner },
    {
      name: "the processes of an engine",
      act: async ({ d }) => d.processes().map(({ name }) => name),
      differs: [{ at: "", why: "the stand-in is one process" }],
    },
  ],
};
