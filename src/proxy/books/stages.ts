import type { Progress } from "../legs/progress.ts";
import type { Metrics } from "./metrics.ts";

type Stage = Progress["stage"] | "body";
const STAGES: readonly Stage[] = ["body", "queued", "prefill", "handoff", "decode_wait", "decode"];

/** One request that is being served. */
interface Inside {
  readonly stage: Stage;
}

/** The requests that are being served, and where each of them stands; counted when somebody asks, so that the count cannot drift. */
export class Stages {
  readonly #inside = new Set<Inside>();

  constructor(metrics: Metrics) {
    metrics.gauge(
      "pdctl_proxy_inflight_requests",
      `Client requests that are being served, by where they stand: ${STAGES.join(", ")}.`,
      () => STAGES.map((stage) => [{ stage }, this.#count(stage)]),
      ["stage"],
    );
  }

  /** @returns takes it out again */
  enter(request: Inside): () => void {
    this.#inside.add(request);
    return () => void this.#inside.delete(request);
  }

  #count(wanted: Stage): number {
    let count = 0;
    for (const { stage } of this.#inside) if (stage === wanted) count++;
    return count;
  }
}
