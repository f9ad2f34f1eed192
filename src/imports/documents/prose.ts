import type { Engine } from "../commands/engine.ts";
import type { Input, Voice } from "../remark.ts";
import { blocksOf, isMarkdown } from "./markdown.ts";

/** Tables of a document that say another tensor parallelism than its commands. Source: launch.md §0. */
export function proseFaults(inputs: readonly Input[], engines: readonly Engine[], voice: Voice): void {
  const sizes = new Set(engines.map(({ group }) => group.tp));
  if (sizes.size === 0) return;
  for (const { name, text } of inputs.filter((input) => isMarkdown(input.text))) {
    const inside = new Set(blocksOf(text).flatMap((block) => block.text.split("\n").map((_, i) => block.line + i)));
    let column = -1;
    text.split("\n").forEach((line, i) => {
      const cells = line.split("|").map((cell) => cell.trim());
      if (cells.length < 3 || inside.has(i + 1)) column = -1;
      else if (column < 0) column = cells.findIndex((cell) => /^tp( size)?$/i.test(cell));
      else if (/^\d+$/.test(cells[column] ?? "") && !sizes.has(Number(cells[column])))
        voice.fault(
          { file: name, line: i + 1 },
          `TP ${cells[column]}`,
          `the table says so, the commands say ${[...sizes].join(" and ")}: they are what is kept`,
          "kept",
        );
    });
  }
}
