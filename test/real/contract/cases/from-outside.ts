import type { Section } from "../case.ts";
import { endOf, running, type Three } from "./deaths.ts";

export const moreDeaths: Section<Three> = {
  name: "more-deaths",
  title: "What ends an engine, from outside",
  cases: [
    {
      name: "the API server killed: the engine core stays, and its side channel",
      act: async ({ a }) => {
        a.kill("SIGKILL");
        const exit = await a.exit;
        await new Promise((resolve) => setTimeout(resolve, 3_000)); // it would have noticed by now
        return {
          ...exit,
          left: a.processes().map(({ name }) => name),
          ports: a.ports(),
        };
      },
      differs: [
        { at: "left", why: "the stand-in is one process; PDCTL_SIM_STRAY_CHILD leaves one behind" },
        { at: "ports", why: "the stand-in is one process" },
      ],
    },
    {
      name: "SIGTERM while it answers, with --shutdown-timeout: the answer comes first",
      act: async ({ b, launcher }) => {
        const { ended } = await running(b, { max_tokens: 300 });
        b.kill("SIGTERM");
        return { end: await endOf(b, launcher.settleMs), answer: await ended };
      },
    },
    {
      name: "SIGINT while it is idle",
      act: async ({ c, launcher }) => {
        c.kill("SIGINT");
        return { end: await endOf(c, launcher.settleMs), said: c.said("Application shutdown complete.") };
      },
    },
  ],
};
