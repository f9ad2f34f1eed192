import { appendFileSync } from "node:fs";
import type { ClusterEvent, Phase } from "../../cluster/events.ts";
import { ending } from "../../report/ending/ending.ts";
import { liveView, type View } from "../../report/live/view.ts";
import { asJson, runDocument } from "../../report/machine/document.ts";
import type { Suite } from "../../report/machine/junit.ts";
import { ndjson } from "../../report/machine/ndjson.ts";
import { logLine } from "../../report/plain/log-lines.ts";
import { plainView } from "../../report/plain/view.ts";
import { checkTable } from "../../report/tables/check-table.ts";
import { begin, type Tally } from "../../report/tally.ts";
import { folded } from "../../words/names.ts";
import type { Call } from "../edge/call.ts";

/** What of a run the user sees: while it goes on, and at its end. */
export interface Shown extends View {
  /** Writes a question under what stands, and draws nothing until it is released. Undefined: nothing is drawn in place. */
  hold?(question: string): () => void;
  /** After `close`: what was asked for, on stdout. */
  end(state: Tally): void;
}

export interface Showing {
  readonly requireEvidence?: boolean;
  /** Phases that will come. */
  readonly expects?: readonly Phase[];
  /** Somebody else shows what came of it. */
  readonly silent?: boolean;
  /** Gets what came of it, with every line that it said. */
  readonly onSuite?: (suite: Suite) => void;
}

const nothing = () => undefined;

/** Machine output excludes the rest; else a frame on a terminal, lines elsewhere, and nothing but the end with --quiet. */
export function viewOf(call: Call, showing: Showing = {}): Shown {
  const { verb, options, streams } = call;
  if (showing.silent === true) return { event: nothing, close: nothing, end: nothing };
  if (options.ndjson === true)
    return { event: (event) => streams.out.raw(ndjson(event)), close: nothing, end: nothing };
  if (options.json === true)
    return { event: nothing, close: nothing, end: (state) => streams.out.raw(asJson(runDocument(state))) };
  if (verb === "logs") return logView(call);
  if (verb === "check") return checkView(call, showing);
  if (options.quiet === true)
    return { event: nothing, close: nothing, end: (state) => answer(call, state, { cards: true, ...showing }) };
  return streams.err.redraws ? terminalView(call, showing) : lineView(call, showing);
}

function terminalView(call: Call, { expects = [], ...showing }: Showing): Shown {
  const {
    verb,
    streams: { out, err },
    places,
  } = call;
  const view = liveView({
    begin: begin(verb, { expects, places }),
    write: err.raw,
    ink: err.ink,
    rows: () => err.rows,
    now: () => Date.now(),
  });
  return {
    ...view,
    end(state) {
      if (out.isTerminal && state.phases.size > 0 && verb !== "smoke") out.line("");
      answer(call, state, showing);
    },
  };
}

function lineView(call: Call, showing: Showing): Shown {
  const {
    verb,
    streams: { out, err },
    env,
    places,
  } = call;
  const annotate = env.GITHUB_ACTIONS === "true";
  const result = (line: string) => {
    if (!out.isTerminal) out.line(line); // a terminal gets the closing block in its place
  };
  const view = plainView({
    begin: begin(verb, { places }),
    write: err.raw,
    ink: err.ink,
    now: () => Date.now(),
    annotate,
    answer: result,
  });
  return {
    ...view,
    end(state) {
      if (verb !== "up" || out.isTerminal) answer(call, state, showing);
      summarise(call, state, showing);
    },
  };
}

function answer(
  { streams: { out }, places }: Call,
  state: Tally,
  { cards = false, requireEvidence = false }: Showing & { cards?: boolean },
): void {
  out.lines(ending(state, { places, cards, requireEvidence }));
}

/** The table is the answer; what `--fix` would write is shown as it is asked about. */
function checkView(call: Call, showing: Showing): Shown {
  const { out, err } = call.streams;
  return {
    event(event: ClusterEvent) {
      if (event.type === "finding" && event.data.mending === true)
        err.line(`~ ${folded(event.data.subjects ?? []).padEnd(10)} sudo   ${event.data.title}`);
    },
    close: nothing,
    end(state) {
      out.lines(checkTable(state.findings));
      answer(call, state, { ...showing, cards: true });
    },
  };
}

/** Log lines are what was asked for; cards about nodes that did not answer go to stderr. */
function logView({ streams: { out, err } }: Call): Shown {
  let alone = false;
  return {
    event(event: ClusterEvent) {
      if (event.type === "start") alone = event.data.services === 1;
      if (event.type === "finding") err.line(`${event.level === "error" ? "✖" : "⚠"} ${event.data.title}`);
      if (event.type !== "log") return;
      const { head, line } = logLine(event, alone);
      out.raw(`${head === "" ? "" : out.ink().line(head)}${line}\n`);
    },
    close: nothing,
    end({ result, cluster }) {
      if (result !== undefined && result.exit !== 0 && result.exit < 128)
        err.line(`✖ ${cluster} ${result.verdict} · exit ${result.exit}`);
    },
  };
}

/** GitHub shows this file's text under the job. */
function summarise(
  { env: { GITHUB_STEP_SUMMARY: file }, places, streams: { out } }: Call,
  state: Tally,
  { requireEvidence = false }: Showing,
): void {
  if (file === undefined || file === "") return;
  const { line } = out.ink();
  appendFileSync(
    file,
    `\`\`\`\n${ending(state, { places, cards: true, requireEvidence }).map(line).join("\n")}\n\`\`\`\n`,
  );
}
