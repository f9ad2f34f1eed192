import type { Change } from "../../cluster/standing/standing.ts";
import { folded, naming } from "../../words/names.ts";
import { several } from "../../words/numbers.ts";
import { nextLines } from "./next.ts";
import { table } from "./table.ts";

export interface ChangesAsk {
  readonly cluster: string;
  readonly generation: number;
  readonly nodes: number;
  readonly services: number;
  readonly seconds: string;
  /** The `up` that would make these changes. */
  readonly command: string;
  /** What clients have to do without meanwhile. */
  readonly outage?: string;
}

const SIGN = { blocked: "!", stop: "-", restart: "~", change: "~", start: "+", keep: "=" } as const;
const ORDER = ["blocked", "stop", "restart", "change", "start", "keep"] as const;

/** What `up` would do, each line with its reason: blocked, stop, restart, start, keep. */
export function changesText(changes: readonly Change[], ask: ChangesAsk): string[] {
  const asked = `${several(ask.nodes, "node")} asked in ${ask.seconds}`;
  const of = (kind: Change["kind"]) => changes.filter((change) => change.kind === kind);
  if (changes.every(({ kind }) => kind === "keep"))
    return [`✔ nothing to do: ${ask.services} of ${several(ask.services, "service")} run as planned · ${asked}`];
  const number = (kind: Change["kind"]) =>
    of(kind).reduce((sum, { services }) => sum + Math.max(1, services.length), 0);
  const counts = [
    ...(of("blocked").length > 0 ? [`${of("blocked").length} blocked`] : []),
    several(number("stop"), "stop"),
    several(number("restart"), "restart"),
    ...(number("change") > 0 ? [several(number("change"), "change")] : []),
    several(number("start"), "start"),
    `${number("keep") || "none"} kept`,
  ].join(", ");
  const head =
    ask.generation === 0
      ? `${ask.cluster} · nothing of it on the nodes`
      : `${ask.cluster} · generation ${ask.generation} on the nodes`;
  return [
    `${head} · ${asked}`,
    "",
    ...changeRows(changes),
    "",
    counts,
    ...(ask.outage === undefined ? [] : [`  ⚠ ${ask.outage}`]),
    ...nextLines([ask.command]),
  ];
}

/** `~ restart   prefill-0-[0-3]      --max-num-seqs 4 → 8, from --set`: blocked, stop, restart, change, start, keep. */
export function changeRows(changes: readonly Change[]): string[] {
  const shown = naming(changes.flatMap(({ services }) => services));
  const rows = ORDER.flatMap((kind) =>
    changes
      .filter((change) => change.kind === kind)
      .map(({ services, why }) => [
        `${SIGN[kind]} ${kind.padEnd(8)}`,
        folded(services.map(shown)),
        ...(why === "" ? [] : [why]),
      ]),
  );
  return table(rows, 2, [10, 19]);
}
