import { grouped } from "../../once.ts";
import type { Capacity, InstanceCapacity } from "../../plan/answers/answers.ts";
import { folded } from "../../words/names.ts";
import { count, latency, size } from "../../words/numbers.ts";
import { labelled, table } from "../text/table.ts";

/** The lines of `plan` when the model's config is known: per kind of instance what its devices hold. */
export function fitLines({ instances, transfer }: Capacity): string[] {
  const rows = [...grouped(instances, ({ instance: _, ...rest }) => JSON.stringify(rest)).values()].map((group) =>
    fitLine(group),
  );
  const moves =
    transfer.secondsPerThousand === null
      ? ""
      : `; ${latency(transfer.secondsPerThousand * 1000)} for 1,000 tokens at ${transfer.gbps} Gbit/s`;
  return [...labelled("fits", rows), ...labelled("moves", [`${size(transfer.bytesPerToken)} of KV per token${moves}`])];
}

function fitLine(group: readonly InstanceCapacity[]): string {
  const [first] = group;
  if (first === undefined) return "";
  const { weightBytes, budgetBytes, kvTokensAtMost, longest } = first;
  const weights = weightBytes === null ? "weights not known" : `${size(weightBytes)} of weights per device`;
  const of = budgetBytes === null ? "" : ` of ${size(budgetBytes)}`;
  const tokens = kvTokensAtMost === null ? "" : `, at most ${count(kvTokensAtMost)} tokens of KV per engine`;
  const requests =
    kvTokensAtMost === null || longest === null || longest === 0
      ? ""
      : `, ${(kvTokensAtMost / longest).toFixed(1)} requests of ${count(longest)}`;
  return `${folded(group.map(({ instance }) => instance))}: ${weights}${of}${tokens}${requests}`;
}

/** `plan --capacity`: the same in numbers, and how long a prompt takes to move. */
export function planCapacity(all: Capacity, prompts: readonly number[]): string[] {
  const { instances, transfer, leftOut } = all;
  const known = (bytes: number | null) => (bytes === null ? "?" : size(bytes));
  const rows = instances.map(
    ({ instance, weightBytes, memoryBytes, budgetBytes, kvBytesPerToken, kvTokensAtMost, longest }) => [
      instance,
      known(weightBytes),
      known(memoryBytes),
      known(budgetBytes),
      size(kvBytesPerToken),
      kvTokensAtMost === null ? "?" : count(kvTokensAtMost),
      longest === null ? "?" : count(longest),
    ],
  );
  const per = transfer.secondsPerThousand;
  const moves = prompts.map((tokens) => [
    `  ${count(tokens)} tokens`,
    size(tokens * transfer.bytesPerToken),
    per === null ? "nodes[].nic_gbps is not written" : `${latency(per * tokens)} at ${transfer.gbps} Gbit/s`,
  ]);
  return [
    ...table(
      [["INSTANCE", "WEIGHTS", "DEVICE", "VLLM TAKES", "KV PER TOKEN", "TOKENS AT MOST", "LONGEST"], ...rows],
      3,
    ),
    "",
    "a prompt moves",
    ...table(moves, 3),
    "",
    ...(leftOut.length === 0 ? [] : labelled("note", [`not counted: ${leftOut.join(", ")}`])),
    ...labelled("note", [
      "per device; activations, graphs and the runtime take their part of what is left, which only the engine can measure",
    ]),
  ];
}
