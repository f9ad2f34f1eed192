import { duration } from "../../words/numbers.ts";
import type { FindingData } from "../events.ts";
import type { Unanswered } from "../serving/http.ts";
import type { Words } from "./engine-words.ts";
import type { Proof } from "./make-proof.ts";
import type { Broken, Proved } from "./prove.ts";
import type { TrialFailed } from "./trial.ts";

/** The cluster answered a completion with something else than an answer. */
export const failedCard = ({ what, reply }: TrialFailed, words: Words | undefined): FindingData => ({
  title: `smoke: ${what}`,
  why: [...reply.text.slice(0, 400).trim().split("\n"), ...said(words)],
  cause: words?.cause?.says ?? "the proxy or an engine refused the completion",
  do: words?.cause?.remedy ?? ["pdctl logs proxy --tail 20", "pdctl status"],
  log: words === undefined ? "pdctl logs proxy --tail 50" : `pdctl logs ${words.service} --errors`,
});

const said = (words: Words | undefined) => (words === undefined ? [] : [`${words.service} says: ${words.line}`]);

/** A connection from the proxy's node to an endpoint, or to the proxy itself, was refused or broke. */
export function unansweredCard({ url, message }: Unanswered, { step, written }: Proof): FindingData {
  const { host, origin } = new URL(url);
  const service = origin === new URL(step.url).origin ? "proxy" : written.find((one) => one.url === origin)?.service;
  return {
    title: `smoke: ${service ?? host} did not answer`,
    where: `${url}, asked from ${step.node}`,
    why: message,
    cause: "it does not run, or broke off in the middle",
    do: ["pdctl status", ...(service === undefined ? [] : [`pdctl logs ${service} --errors`])],
  };
}

export const lateCard = (limitMs: number): FindingData => ({
  title: `smoke was not over within ${duration(limitMs / 1000)}`,
  cause: "a request is not answered",
  do: ["pdctl status", "pdctl logs proxy --tail 50"],
});

export const bareCard: FindingData = {
  title: "smoke: no counter, log or store shows that KV moved",
  cause: "the engines have none of the counters that prove it, and their logs do not say it",
  do: ["leave out --require-evidence"],
};

/** The KV came and the first token is right; numerics may explain the rest, and nobody shall have to find it out alone. */
export function differingCard(differing: Proved["differing"], of: number): FindingData {
  const [first] = differing;
  return {
    title: `smoke: decode's own answer differs from word ${first?.word ?? 1} on`,
    where: `request ${first?.request ?? 1}; ${differing.length} of ${of} requests`,
    cause: "another order of sums, as batches and different hardware have; or KV that is slightly wrong",
    do: ["pdctl smoke    shows whether it stays so"],
  };
}

/** Everything answered, and the answer shows that the KV was not what it should be. */
export function brokenCard(broken: Broken, same: number, of: number, words: Words | undefined): FindingData {
  const { trial, request } = broken;
  return {
    ...wrong(broken),
    ...(words !== undefined && { why: said(words) }),
    where: `${trial.prefill?.url ?? "?"} → ${trial.decode?.url ?? "?"}, request ${request} of ${of}`,
    ...(same > 1 && { then: `the same on ${same} of ${of} requests` }),
  };
}

function wrong({ trial, kind }: Broken): FindingData {
  switch (kind) {
    case "kv-not-moved":
      return {
        title: "smoke: the answer came, the KV did not",
        cause: `decode computed ${trial.seen.computed ?? trial.promptTokens} of ${trial.promptTokens} prompt tokens itself`,
        do: ["look for the handshake in decode's log: pdctl logs decode --errors"],
      };
    case "transfer-failed":
      return {
        title: "smoke: a KV transfer failed",
        why: `${trial.seen.wrong.join(", ")} rose`,
        cause: "decode could not read the blocks that prefill held",
        do: ["pdctl logs decode --errors"],
      };
    case "other-answer":
      return {
        title: "smoke: decode answers differently over the transfer than by itself",
        why: [`over the transfer: ${trial.answer.slice(0, 80)}`, `by itself: ${(trial.own ?? "").slice(0, 80)}`],
        cause: "the KV that arrived is not the prompt's",
        do: ["restart both sides: pdctl down && pdctl up"],
      };
  }
}
