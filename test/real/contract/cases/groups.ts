import type { Section } from "../case.ts";
import type { Engine, Ports } from "../engine.ts";
import type { Launcher } from "../launcher.ts";

/** Two ranks of a data-parallel group, each with its own HTTP server, from their start on. */
export interface Ranks {
  readonly launcher: Launcher;
  readonly ranks: readonly [Engine, Engine];
  /** What each listened on before it was healthy. */
  readonly whileStarting: readonly [Ports, Ports];
}

const CHOSEN = "of the kernel's choice";
const inner = [{ at: CHOSEN, why: "the stand-in is one process, and has nothing to say to itself" }];
const store = [
  { at: CHOSEN, why: "torch's store listens on every address; the stand-in's ranks meet at the rpc port alone" },
];

export const group: Section<Ranks> = {
  name: "group",
  title: "Two ranks of a data-parallel group",
  cases: [
    { name: "rank 0 listens, while it starts, on", act: async ({ whileStarting }) => whileStarting[0], differs: store },
    { name: "rank 1 listens, while it starts, on", act: async ({ whileStarting }) => whileStarting[1], differs: inner },
    { name: "rank 0 listens, once it is healthy, on", act: async ({ ranks }) => ranks[0].ports(), differs: store },
    { name: "rank 1 listens, once it is healthy, on", act: async ({ ranks }) => ranks[1].ports(), differs: inner },
    {
      name: "rank 1 killed while both are idle: rank 0 stays healthy",
      act: async ({ ranks }) => {
        const [head, other] = ranks;
        for (const { pid } of other.processes()) process.kill(pid, "SIGKILL");
        await other.exit;
        await new Promise((resolve) => setTimeout(resolve, 2_000)); // it would have noticed by now
        return { health: await head.health(), over: head.over };
      },
    },
  ],
};
