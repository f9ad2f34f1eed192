import { duration } from "../../words/numbers.ts";
import type { FindingData } from "../events.ts";
import type { Unanswered } from "../serving/http.ts";
import type { StepEnd } from "./run-step.ts";

const SHOWN = 10;

/** It ended without a result. */
export const endedCard = ({ exit, lines }: StepEnd): FindingData => ({
  title: exit === 0 ? "vllm bench serve wrote no result" : `vllm bench serve ended with exit code ${exit}`,
  why: lines.slice(-SHOWN),
  do: [exit === 127 ? "engine.venv names the environment that has vllm" : "look at bench.args of the topology"],
  exit,
});

export const lateCard = (limitMs: number, { lines }: StepEnd): FindingData => ({
  title: `vllm bench serve was not over within ${duration(limitMs / 1000)}, and was ended`,
  why: lines.slice(-SHOWN),
  do: ["pdctl bench --timeout 2h", "fewer requests: pdctl bench --set bench.args.num-prompts=20"],
});

export const standInsCard: FindingData = {
  title: "stand-ins are up, a rehearsal: there is nothing to measure",
  do: ["pdctl up", "pdctl smoke"],
};

export const unansweredCard = ({ url, message }: Unanswered): FindingData => ({
  title: `${new URL(url).host} does not tell its counters`,
  where: url,
  why: message,
  do: ["pdctl status"],
});

/** It ran, and the cluster did not serve it as it must. */
export const benchedCard = (wrong: readonly string[]): FindingData => ({
  title: `bench: ${wrong[0]}`,
  ...(wrong.length > 1 && { why: wrong.slice(1) }),
  do: ["pdctl logs proxy --tail 50", "pdctl logs decode --errors"],
});
