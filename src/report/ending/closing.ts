import type { ProofData, ResultData } from "../../cluster/events.ts";
import { folded, type Places, shorten } from "../../words/names.ts";
import { count, duration } from "../../words/numbers.ts";
import type { Tally } from "../tally.ts";
import { type Aiming, asItStands, nextLines } from "../text/next.ts";
import { labelled } from "../text/table.ts";

/** Verdict: sign, cluster, what is so, duration, and the exit code when it is not 0. Then the evidence, then what to do next. */
export function closing(
  result: ResultData,
  cluster: string,
  { proof, places = {} }: { proof?: ProofData | undefined; places?: Places } = {},
): string[] {
  const label = (name: string, text: string | undefined) => (text === undefined ? [] : labelled(name, [text]));
  return [
    verdict(result, cluster),
    ...label("proof", result.proof ?? (proof === undefined ? undefined : proven(proof))),
    ...label(
      "serve",
      result.serve && [result.serve, ...(result.model === undefined ? [] : [`model ${result.model}`])].join(" · "),
    ),
    ...label("not", result.not),
    ...label("then", result.then),
    ...label("kept", result.kept),
    ...label("receipt", result.receipt && shorten(result.receipt, places)),
    ...nextLines(result.next, result.nextWhy),
  ];
}

export function verdict(result: ResultData, cluster: string): string {
  const subject = /^(?:is|has|was) /.test(result.verdict) ? `${cluster} ` : "";
  const interrupted = result.verdict.endsWith("interrupted");
  const said = interrupted ? `${result.verdict} after ${duration(result.seconds)}` : result.verdict;
  const time = result.untimed === true || interrupted ? [] : [duration(result.seconds)];
  const exit = result.exit === 0 ? [] : [`exit ${result.exit}`];
  const sign = result.exit === 5 && result.verdict.startsWith("is not") ? "✖" : signOfExit(result.exit);
  return `${sign} ${[subject + said, ...time, ...exit].join(" · ")}`;
}

/** 0 is done; in part, unknown or interrupted is to be looked at; the rest did not come about. */
const signOfExit = (exit: number) => (exit === 0 ? "✔" : exit === 5 || exit >= 128 ? "⚠" : "✖");

export function proven({ evidence, prompt_tokens, from_prefill, answers: [right, of] }: ProofData): string {
  const moved =
    evidence === "none"
      ? "no counter, log or store shows that KV moved (none)"
      : `KV moved: ${count(from_prefill)} of ${count(prompt_tokens)} prompt tokens came from prefill (${evidence})`;
  return `${moved}, ${right} of ${of} answers right`;
}

/** The second Ctrl-C: nothing was looked at any more, and that is said. */
export function leftAtOnce(
  { nodes, services }: Pick<Tally, "nodes" | "services">,
  exit: number,
  aim: Aiming = asItStands,
): string[] {
  const names = new Set(
    [...nodes.keys(), ...[...services.values()].map(({ node }) => node)].filter((name) => name !== ""),
  );
  const where = names.size === 0 ? "on the nodes" : `on ${folded([...names])}`;
  return [
    `⚠ left at once; what runs ${where} was not looked at · exit ${exit}`,
    ...nextLines(["pdctl status", "pdctl down"].map(aim)),
  ];
}
