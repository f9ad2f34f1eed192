import { naming, type Places } from "../../words/names.ts";
import { duration } from "../../words/numbers.ts";
import { hasCardsAtEnd, show } from "../live/frame.ts";
import type { Found, Tally } from "../tally.ts";
import { benchLines } from "./bench-lines.ts";
import { closing } from "./closing.ts";
import { orphanLines } from "./orphan-lines.ts";
import { proofLines } from "./proof-lines.ts";
import { receiptTable } from "./receipt.ts";

export interface EndingChoice {
  readonly places?: Places;
  /** Cards were not shown while it ran. */
  readonly cards?: boolean;
  readonly requireEvidence?: boolean;
}

/** What a verb has been asked for: its tables, the cards that belong to them, the closing block. */
export function ending(
  state: Tally,
  { places = {}, cards = false, requireEvidence = false }: EndingChoice = {},
): string[] {
  const { result, receipt, proof, cluster, verb, findings } = state;
  if (result === undefined) return [];
  const shown = naming(state.services.keys());
  const shows = ({ level, data }: Found) => level !== "note" && data.check === undefined && data.mending !== true;
  const found = cards || hasCardsAtEnd(verb) ? findings.filter(shows) : [];
  const closed = closing(result, cluster, { places, ...(verb === "up" && result.exit === 0 && { proof }) });
  if (verb === "smoke") {
    const { proof: _, serve: __, ...rest } = result; // said in the lines above it
    const lines = proof === undefined ? [] : proofLines(proof, { requireEvidence, shown });
    return [
      ...lines,
      ...found.flatMap((one) => ["", ...show(one)]),
      ...(found.length > 0 ? [""] : []),
      ...closing(rest, cluster),
    ];
  }
  if (verb === "bench" && state.bench !== undefined)
    return [...benchLines(state.bench), ...found.flatMap((one) => ["", ...show(one)]), "", ...closing(result, cluster)];
  if (verb === "orphans") {
    const cards = blockwise(found.map(show), false);
    return [...orphanLines(state.orphans), ...cards, ...(cards.length > 0 ? [""] : []), ...closed];
  }
  const table = receipt === undefined || (result.untimed === true && result.exit === 0) ? [] : receiptTable(receipt);
  return [
    ...table,
    ...blockwise(found.map(show), table.length > 0),
    ...(table.length + found.length > 0 ? [""] : []),
    ...closed,
  ];
}

/** Blocks with an empty line between them, and one before the first where something stands above. */
const blockwise = (blocks: readonly string[][], below: boolean) =>
  blocks.flatMap((block, index) => [...(below || index > 0 ? [""] : []), ...block]);

/** The closing as one plain line: `up after 6m 12s, exit 0; http://…`. */
export function resultLine({ result }: Pick<Tally, "result">): string {
  if (result === undefined) return "";
  const [what = "", ...facts] = result.verdict.replace(/^is /, "").split(" · ");
  const head = `${what}${result.untimed === true ? "" : ` after ${duration(result.seconds)}`}, exit ${result.exit}`;
  const after =
    result.exit === 0
      ? result.serve === undefined
        ? []
        : [result.serve, ...(result.then === undefined ? [] : [result.then])]
      : result.next.length === 0
        ? []
        : [`next: ${result.next.join(" · ")}`];
  return [head, ...facts, ...after].join("; ");
}
