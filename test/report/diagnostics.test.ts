import { describe, expect, it } from "vitest";
import { diagnostic, diagnosticLines } from "../../src/report/text/diagnostics.ts";
import type { Diagnostic } from "../../src/topology/rule.ts";
import { screen } from "./story.ts";

const found = (over: Partial<Diagnostic>): Diagnostic => ({
  code: "S07",
  level: "error",
  title: "",
  at: [],
  also: [],
  remedy: [],
  file: "cluster.yaml",
  line: 1,
  column: 1,
  length: 1,
  excerpt: [],
  ...over,
});

const kvProt = found({
  title: 'unknown key "kv_prot"',
  line: 14,
  column: 5,
  length: 7,
  caret: "did you mean kv_port?",
  remedy: ["kv_port: 28001"],
  excerpt: [
    { line: 13, text: "    connector: mooncake-ascend" },
    {
      line: 14,
      text: "    kv_prot: 28001                 # outside the range that the transfer engine draws from at random",
    },
  ],
});
const devices = found({
  code: "P03",
  title: "prefill-0 needs 16 devices on a2-1, which has 8",
  line: 28,
  column: 15,
  length: 5,
  caret: "tp 8 × dp_local 2 = 16",
  also: ["prefill-0 on a2-2", "decode-0 on a2-[3-4]"],
  remedy: ["tp: 4, or dp: 2, or 2 more nodes for each role"],
  excerpt: [
    { line: 27, text: "engine:" },
    { line: 28, text: "  parallel: { tp: 8, dp: 4, dp_lb: external, expert_parallel: true, rpc_port: 13395 }" },
  ],
});
const port = found({
  code: "N09",
  title: "port 9000 on a2-1 is taken twice: by proxy and by prefill-0-0",
  line: 47,
  column: 28,
  length: 4,
  caret: "prefill-0-0 listens on 9000 by engine.port, line 29",
  remedy: ["port: 7850, or any other that is free on a2-1"],
  excerpt: [{ line: 47, text: "proxy: { node: a2-1, port: 9000 }" }],
});

describe("validate", () => {
  it("shows all errors at once, in file order, each with its place and remedy", () => {
    expect(diagnosticLines("cluster.yaml", [kvProt, devices, port], "")).toEqual(screen("validate-errors"));
  });

  it("shows a warning without hiding that there is no error", () => {
    const bench = found({
      code: "M10",
      level: "warning",
      title: "bench sends 17,500 tokens per request, max-model-len is 17000",
      line: 49,
      column: 48,
      length: 23,
      caret: "+ 1000 = 17,500",
      remedy: ["random-input-len: 15900, or engine.args.max-model-len: 17500"],
      excerpt: [
        {
          line: 49,
          text: "  args: { backend: vllm, dataset-name: random, random-input-len: 16500, random-output-len: 1000, num-prompts: 10,",
        },
      ],
    });
    expect(diagnosticLines("cluster.yaml", [bench], "")).toEqual(
      screen("validate-warning").map((line) => (line.startsWith("   49") ? `${line.slice(0, 93)}…` : line)),
    );
  });

  it("is one line and a next step when nothing is wrong; notes are for plan", () => {
    const note = found({ level: "note", title: "x" });
    expect(diagnosticLines("cluster.yaml", [note], "ascend-moe, 10 services on 4 nodes")).toEqual([
      "✔ cluster.yaml: ascend-moe, 10 services on 4 nodes, no errors, no warnings",
      "  next    pdctl plan",
    ]);
  });
});

describe("the quoted line", () => {
  it("brings a place far to the right into view", () => {
    const text = `${"a: 1, ".repeat(40)}here: bad`;
    const [, quoted = "", marks = ""] = diagnostic(
      found({ line: 3, column: 241, length: 4, excerpt: [{ line: 3, text }] }),
    );
    expect(quoted.length).toBeLessThanOrEqual(94);
    expect(quoted.slice(marks.indexOf("^"), marks.lastIndexOf("^") + 1)).toBe("here");
  });
  it("keeps the caret under its word after tabs and wide characters", () => {
    const [, quoted = "", marks = ""] = diagnostic(
      found({ line: 1, column: 4, length: 3, excerpt: [{ line: 1, text: "\t\tx: 1" }] }),
    );
    expect(marks.indexOf("^")).toBe(quoted.indexOf(": 1"));
    const [, , wide = ""] = diagnostic(
      found({ line: 1, column: 5, length: 1, excerpt: [{ line: 1, text: "模型: x" }] }),
    );
    expect(wide.indexOf("^")).toBe(8 + 6);
  });
  it("does not mark past the end of what is shown", () => {
    const [, quoted = "", marks = ""] = diagnostic(
      found({ line: 1, column: 3, length: 500, excerpt: [{ line: 1, text: "x".repeat(500) }] }),
    );
    expect(marks.length).toBeLessThanOrEqual(quoted.length);
  });
  it("has as much room for its number as a long file needs", () => {
    const lines = diagnostic(found({ line: 12345, excerpt: [{ line: 12345, text: "x" }] }));
    expect(lines.slice(1)).toEqual([" 12345 │ x", "       │ ^"]);
  });
});
