import type { Case, Section } from "../case.ts";
import { until } from "../engine.ts";
import { endOf, running, type Three } from "./deaths.ts";

const loading: Case<Three> = {
  name: "SIGTERM while it loads",
  act: async ({ launcher }) => {
    await using engine = await launcher.serve({ env: { PDCTL_SIM_LOAD_SECONDS: "2" } });
    await until("it has begun", 240_000, () => engine.output.includes("Initializing a V1 LLM engine"));
    engine.kill("SIGTERM");
    let health = "refused";
    await until("it is over, or ready all the same", 400_000, async () => {
      health = await engine.health();
      return engine.over || health === "200";
    });
    return { over: engine.over, health, ...(engine.over && (await engine.exit)) };
  },
  differs: [
    {
      at: "",
      why: "the stand-in hears it at once, or tests and rehearsals would wait out every grace; PDCTL_SIM_IGNORE_TERM plays an engine that does not",
    },
  ],
};

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
    loading,
  ],
};
