import { Fleet } from "../fleet/fleet.ts";
import { phase } from "../run/phase.ts";
import type { Run } from "../run/run.ts";
import { type Closing, finding, verb } from "../run/verb.ts";
import { knownOf } from "../standing/known.ts";
import { opened } from "../standing/look.ts";
import type { BenchAsk } from "./ask.ts";
import { BenchRun } from "./bench-run.ts";
import { benchedCard } from "./cards.ts";

export type { BenchAsk } from "./ask.ts";

/** Runs the plan's benchmark against the proxy that runs, and holds the engines' counters against its requests. */
export async function bench(ask: BenchAsk, run: Run): Promise<number> {
  const known = knownOf(ask.plan, ask.file);
  const fleet = new Fleet(known.nodes, run);
  run.about(known.cluster, 0);
  const left = () => ({ state: "unknown" as const, next: ["pdctl status"] });
  const work = async (): Promise<Closing> => {
    const { there, standing } = await opened(known, fleet, run, { ready: false });
    const benching = new BenchRun(ask, there, standing, fleet, run);
    const { data } = await phase(run, "bench", async () => {
      const data = await benching.go();
      return { text: `${data.completed} of ${data.requests} requests answered`, data };
    });
    run.emit({ type: "bench", level: "info", data });
    const wrong = data.wrong.map(({ what }) => what);
    if (wrong.length === 0) return { exit: 0, state: "healthy", verdict: "bench passed", next: ["pdctl status"] };
    run.emit(finding(benchedCard(wrong), undefined, { phase: "bench" }));
    const next = ["pdctl smoke", "pdctl logs decode --errors"];
    return { exit: 1, state: "unknown", verdict: "bench did not pass", next };
  };
  try {
    return await verb(run, "bench", { not: "was not benchmarked", left }, work);
  } finally {
    await fleet.close();
  }
}
