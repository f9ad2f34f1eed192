/** A code and what its page says of it in a line. */
export interface CodeRow {
  readonly code: string;
  /** error, warning, note; cause: read from a log; verdict: pdctl's own. */
  readonly level: string;
  /** Empty: no rule. */
  readonly stages: readonly string[];
  readonly says: string;
}

/** The row of a page: its first line has the code and the level, its third the sentence. */
export function codeRow(page: readonly string[], stages: readonly string[]): CodeRow {
  const [code = "", level = ""] = (page[0] ?? "").split("  ");
  return { code, level, stages, says: page[2] ?? "" };
}

const groups: readonly { readonly title: string; readonly holds: (row: CodeRow) => boolean }[] = [
  { title: "rules", holds: ({ code }) => /^[A-Z]\d\d$/.test(code) },
  { title: "the topology file", holds: ({ level }) => ["error", "warning", "note"].includes(level) },
  { title: "causes, read from logs", holds: ({ level }) => level === "cause" },
  { title: "verdicts", holds: () => true },
];

/** All codes, by group: what `pdctl explain` lists. */
export function codeLines(rows: readonly CodeRow[]): readonly string[] {
  const width = Math.max(...rows.map(({ code }) => code.length));
  return groups.flatMap(({ title }, index) => {
    const mine = rows.filter((row) => groups.findIndex(({ holds }) => holds(row)) === index);
    const rule = index === 0;
    const lines = mine.map(({ code, level, stages, says }) =>
      rule
        ? `  ${code}  ${level.padEnd(7)}  ${stages.join(", ").padEnd(15)}  ${says}`
        : `  ${code.padEnd(width)}  ${says}`,
    );
    return [...(rule ? [] : [""]), `${title} (${mine.length})`, ...lines];
  });
}

const letters: Readonly<Record<string, string>> = {
  S: "The topology and its names",
  P: "Parallelism and devices",
  N: "Ports and ways",
  M: "Model and software",
  X: "NIXL",
  A: "Mooncake on Ascend",
  U: "UCM and shared storage",
  R: "Proxies and routers",
  C: "Environment and containers",
};

/** The same as a page of the documentation: docs/rules.md. */
export function codePage(rows: readonly CodeRow[]): readonly string[] {
  const rules = rows.filter(({ stages }) => stages.length > 0);
  return [
    "# Rules",
    "",
    "What pdctl refuses or warns of, and when it can know: from the topology alone, once the plan is made, once the model's",
    "`config.json` has been read (where this machine has the model's path; else `up` asks a node), or once the nodes have answered.",
    "`pdctl explain CODE` says what would have happened without the rule and what to change; `preflight.skip: [CODE]` leaves a rule",
    "of stage facts out. Made by `npm run rules`.",
    ...Object.entries(letters).flatMap(([letter, title]) => [
      "",
      `## ${title}`,
      "",
      "| code | level | stage | what it finds |",
      "|---|---|---|---|",
      ...rules
        .filter(({ code }) => code.startsWith(letter))
        .map(
          ({ code, level, stages, says }) =>
            `| [${code}](explain/${code}.md) | ${level} | ${stages.join(", ")} | ${says.replaceAll("|", "\\|")} |`,
        ),
    ]),
  ];
}
