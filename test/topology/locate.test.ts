import { describe, expect, it } from "vitest";
import { locate, written } from "../../src/topology/index.ts";
import type { Finding, Path } from "../../src/topology/rule.ts";
import { loadTexts } from "./loading.ts";

const TEXT = `extends: base.yaml
nodes: [{ name: "n[0-1]", host: "10.0.0.[1-2]", hardware: cuda, devices: 8 }]
engine:
  port: 8100
  parallel: { tp: 8, dp: 1 }
  args: { block_size: 64 }
prefill: { nodes: [n0], args: { max-num-seqs: 4 } }
decode: { instances: [{ nodes: [n1], args: { seed: 1 } }] }
proxy: { node: n0, port: 9000 }
`;
const BASE = `version: 1
name: base
model: org/model
kv: { transfer: { connector: nixl, side_channel_port: 5600, decode: { num_threads: 2 } } }
ssh: { user: a }
prefill: { env: { A: 1 } }
`;
const { origins, diagnostics } = loadTexts(
  { "t.yaml": TEXT, "base.yaml": BASE },
  { set: ["decode.args.dtype=half", "smoke.max_tokens=3"] },
);

const finding = (at: Path, more: Partial<Finding> = {}): Finding => ({
  code: "X",
  level: "error",
  title: "it is so",
  at,
  also: [],
  remedy: [],
  ...more,
});

/** What the caret stands under. */
function marked(at: Path, mark?: Finding["mark"]): string {
  const [found] = locate([finding(at, mark === undefined ? {} : { mark })], origins);
  if (found === undefined) throw new Error("nothing located");
  const line = found.excerpt.at(-1)?.text ?? "";
  return `${found.file}:${found.line} ${line.slice(found.column - 1, found.column - 1 + found.length)}`;
}

describe("a finding names where a value takes effect, the caret stands where it was written", () => {
  it("loads", () => expect(diagnostics).toEqual([]));

  it.each<[Path, string]>([
    [["engine", "port"], "t.yaml:4 port: 8100"],
    [["prefill", "port"], "t.yaml:4 port: 8100"],
    [["decode", "instances", 0, "parallel", "tp"], "t.yaml:5 tp: 8"],
    [["prefill", "args", "block-size"], "t.yaml:6 block_size: 64"],
    [["prefill", "args", "block_size"], "t.yaml:6 block_size: 64"],
    [["prefill", "args", "max-num-seqs"], "t.yaml:7 max-num-seqs: 4"],
    [["decode", "instances", 0, "args", "seed"], "t.yaml:8 seed: 1"],
    [["prefill", "env", "A"], "base.yaml:6 A: 1"],
    [["decode", "instances", 0, "args", "dtype"], "--set:1 decode.args.dtype=half"],
    [["smoke", "max_tokens"], "--set:2 smoke.max_tokens=3"],
    [["kv", "transfer", "prefill", "side_channel_port"], "base.yaml:4 side_channel_port: 5600"],
    [["kv", "transfer", "decode", "num_threads"], "base.yaml:4 num_threads: 2"],
    [["prefill", "side_channel_port"], "base.yaml:4 side_channel_port: 5600"],
    [["nodes", 0, "ssh", "user"], "base.yaml:5 user: a"],
    [["nodes", 0, "ip"], 't.yaml:2 host: "10.0.0.[1-2]"'],
    [["proxy"], "t.yaml:9 proxy"],
  ])("%j", (at, text) => expect(marked(at)).toBe(text));

  it.each<[Path, string]>([
    [["prefill", "parallel", "pp"], "t.yaml:5 parallel"],
    [["prefill", "args", "not", "there"], "t.yaml:7 args"],
    [["decode", "instances", 0, "kv_layout"], "t.yaml:8 { nodes: [n1], args: { seed: 1 } }"],
    [["bench", "args"], "t.yaml:1 e"],
    [["nodes", 0, "nic"], 't.yaml:2 { name: "n[0-1]", host: "10.0.0.[1-2]", hardware: cuda, devices: 8 }'],
  ])("%j is not written: the nearest thing above it", (at, text) => expect(marked(at)).toBe(text));

  it("under the key, the value or both, as the rule wants", () => {
    expect(marked(["proxy", "port"], "key")).toBe("t.yaml:9 port");
    expect(marked(["proxy", "port"], "value")).toBe("t.yaml:9 9000");
    expect(marked(["proxy", "port"], "pair")).toBe("t.yaml:9 port: 9000");
    expect(marked(["engine", "parallel"], "pair")).toBe("t.yaml:5 parallel");
  });

  it("says where a value came from, or nothing when it is a default", () => {
    expect(origins.originOf(["prefill", "port"])).toEqual({ file: "t.yaml", line: 4, column: 9, length: 4 });
    expect(origins.originOf(["decode", "instances", 0, "args", "dtype"])).toEqual({ set: "decode.args.dtype=half" });
    expect(origins.originOf(["prefill", "parallel", "pp"])).toBeUndefined();
    expect(origins.writtenAt(["decode", "instances", 0, "port"])).toEqual(["engine", "port"]);
  });

  it("an editor gets the line above too", () => {
    const [found] = locate([finding(["proxy", "port"])], origins);
    expect(found?.excerpt.map(({ line }) => line)).toEqual([8, 9]);
  });
});

describe("findings fold and stand in file order", () => {
  it("one per place and code, the others are named under also, folded", () => {
    const at: Path = ["engine", "parallel", "tp"];
    const subjects = ["prefill-0 on n0", "prefill-0 on n1", "decode-0 on n3", "decode-0 on n2", "decode-0 on n4"];
    const found = locate([...subjects.map((subject) => finding(at, { subject })), finding(at, { code: "Y" })], origins);
    expect(found.map(({ code, also }) => [code, also])).toEqual([
      ["X", ["prefill-0 on n1", "decode-0 on n[2-4]"]],
      ["Y", []],
    ]);
  });

  it("without a subject the other title is told, once", () => {
    const at: Path = ["proxy", "port"];
    const [found] = locate([finding(at), finding(at), finding(at, { title: "and so", level: "warning" })], origins);
    expect(found).toMatchObject({ level: "error", title: "it is so", also: ["and so"] });
  });

  it("file order: the file, what it extends, --set", () => {
    const at: Path[] = [["smoke", "max_tokens"], ["ssh"], ["proxy", "port"], ["engine", "port"]];
    expect(
      locate(
        at.map((path) => finding(path)),
        origins,
      ).map(({ file, line }) => `${file}:${line}`),
    ).toEqual(["t.yaml:4", "t.yaml:9", "base.yaml:5", "--set:2"]);
  });

  it("a text may say where another value is written", () => {
    const caret = (path: Path) =>
      locate([finding(["proxy", "port"], { caret: `taken by ${written(path)}` })], origins)[0]?.caret;
    expect(caret(["prefill", "port"])).toBe("taken by engine.port, line 4");
    expect(caret(["prefill", "env", "A"])).toBe("taken by prefill.env.A, base.yaml:6");
    expect(caret(["prefill", "bind"])).toBe("taken by default");
  });
});
