import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { composeEnv } from "../../src/topology/index.ts";
import type { EngineChoice } from "../../src/topology/topology.ts";
import { BASE, loadOver, loadTexts, spoken } from "./loading.ts";

function engine(text: string, overrides = {}): EngineChoice {
  const { topology, diagnostics } = loadOver(text, overrides);
  expect(spoken(diagnostics)).toBe("");
  const [first] = topology?.instances ?? [];
  if (first === undefined) throw new Error("no instance");
  return first.engine;
}
const args = (text: string) => engine(`engine: { args: { ${text} } }`).args;
const env = (text: string) => engine(`engine: { env: { ${text} } }`).env;

describe("args: what is written is what the engine gets", () => {
  it.each([
    ["a: true", { a: true }],
    ["a: false", { a: false }],
    ["a: 1.10", { a: "1.10" }],
    ["a: 1e3", { a: "1e3" }],
    ["a: 017", { a: "017" }],
    ["a: 0x1F", { a: "0x1F" }],
    ["a: 123456789012345678901234567890", { a: "123456789012345678901234567890" }],
    ["a: yes", { a: "yes" }],
    ["a: .inf", { a: ".inf" }],
    ["a: 12:30:45", { a: "12:30:45" }],
    ["a: 2026-11-20", { a: "2026-11-20" }],
    ['a: ""', { a: "" }],
    ['a: "true"', { a: "true" }],
    ["a: null", {}],
    ["a: ~", {}],
    ["a: [x, 1.10, true]", { a: ["x", "1.10", "true"] }],
    ['a: [{ name: l, path: /p }, "x y"]', { a: ['{"name":"l","path":"/p"}', "x y"] }],
    ["a: { b: 1.5, c: null, d: [1, null], e: { f: yes } }", { a: { json: { b: 1.5, d: [1, null], e: { f: "yes" } } } }],
    ["max_num_seqs: 4", { "max-num-seqs": "4" }],
    ["--max-num-seqs: 4", { "max-num-seqs": "4" }],
    [
      "compilation-config.mode: 3, compilation_config.pass.fuse: true",
      { "compilation-config": { json: { mode: 3, pass: { fuse: true } } } },
    ],
    [
      "compilation-config: { mode: 3 }, compilation-config.level: 2",
      { "compilation-config": { json: { mode: 3, level: 2 } } },
    ],
    [
      'compilation-config: \'{"mode": 3, "pass": {"a": [1]}}\', compilation-config.pass.b: x',
      { "compilation-config": { json: { mode: 3, pass: { a: [1], b: "x" } } } },
    ],
    [
      'compilation_config.mode: 2, --compilation-config: \'{"mode": 3, "level": null}\'',
      { "compilation-config": { json: { mode: 3 } } },
    ],
    ["compilation-config: '{\"mode\":  1.10}'", { "compilation-config": '{"mode":  1.10}' }],
    ["keep-this: { snake_case: 1, x-mine: 2 }", { "keep-this": { json: { snake_case: 1, "x-mine": 2 } } }],
  ])("%s", (text, expected) => expect(args(text)).toEqual(expected));

  it("maps merge deeply over engine, role and instance; lists replace; null takes out", () => {
    const merged = engine(`
engine: { args: { config: { a: 1, b: { c: 2, d: [1, 2] } }, seed: 1, gone: 1 } }
prefill:
  args: { config: { b: { d: [3] } }, gone: null }
  instances: [{ args: { config.b.c: null, seed: 2, never-there: null } }]`);
    expect(merged.args).toEqual({ config: { json: { a: 1, b: { d: [3] } } }, seed: "2" });
    expect(merged.without).toEqual({ args: ["gone", "never-there"], env: [] });
  });

  it("a JSON text in one layer and a map in another are one JSON, whichever stands higher", () => {
    const flag = "compilation-config";
    const text = `args: { ${flag}: '{"mode": 1, "level": 2}' }`;
    const map = `args: { ${flag}: { level: 5 } }`;
    const dotted = `args: { ${flag}.level: 7 }`;
    const over = (...[engineArgs, role, instance]: string[]) =>
      engine(`\nengine: { ${engineArgs} }\nprefill: { ${role}, instances: [{ ${instance} }] }`).args[flag];
    expect(over(text, map, "args: {}")).toEqual({ json: { mode: 1, level: 5 } });
    expect(over(map, text, "args: {}")).toEqual({ json: { mode: 1, level: 2 } });
    expect(over(text, map, dotted)).toEqual({ json: { mode: 1, level: 7 } });
    expect(over(map, dotted, text)).toEqual({ json: { mode: 1, level: 2 } });
  });

  it("--set reaches a key inside a JSON text", () => {
    const set = ["engine.args.speculative-config.num_speculative_tokens=9"];
    const { args } = engine(`engine: { args: { speculative-config: '{"method": "ngram"}' } }`, { set });
    expect(args["speculative-config"]).toEqual({ json: { method: "ngram", num_speculative_tokens: 9 } });
  });

  it("what is no map of JSON replaces, and is replaced: a template in braces, a text that JSON cannot read", () => {
    const merged = engine(`
engine: { args: { chat-template: '{"a": 1}', hf-overrides: "{nope", compilation-config: { mode: 3 } } }
prefill: { args: { chat-template: '{"b": 1}', hf-overrides: { x: 1 }, compilation-config: "[1]" } }`);
    expect(merged.args).toEqual({
      "chat-template": '{"b": 1}',
      "hf-overrides": { json: { x: 1 } },
      "compilation-config": "[1]",
    });
  });

  it("a later layer's spelling of a flag replaces an earlier one's", () => {
    expect(engine("engine: { args: { max-num-seqs: 1 } }\nprefill: { args: { max_num_seqs: 2 } }").args).toEqual({
      "max-num-seqs": "2",
    });
  });
});

describe("env: text from the file, path lists composed outwards", () => {
  it.each([
    ["A: 1.10", { A: "1.10" }],
    ["A: True", { A: "True" }],
    ['A: ""', { A: "" }],
    ['A: "${HOME}/x"', { A: "${HOME}/x" }],
    ["P: { prepend: [/a] }", { P: { prepend: ["/a"], append: [] } }],
  ])("%s", (text, expected) => expect(env(text)).toEqual(expected));

  it("a higher layer's entries stand outside the lower's", () => {
    const text = `
engine: { env: { P: { prepend: [/e], append: [/E] }, T: /t, U: { append: [/u] } } }
prefill: { env: { P: { prepend: [/r], append: [/R] }, T: { prepend: [/before], append: [/after] }, U: plain } }`;
    expect(engine(text).env).toEqual({
      P: { prepend: ["/r", "/e"], append: ["/E", "/R"] },
      T: "/before:/t:/after",
      U: "plain",
    });
  });

  it("a written null takes a variable out, also that of the layers below the file", () => {
    const { env: variables, without } = engine(
      "engine: { env: { A: 1, B: 2 } }\nprefill: { env: { A: null, C: null } }",
    );
    expect(variables).toEqual({ B: "2" });
    expect(without).toEqual({ args: [], env: ["A", "C"] });
  });

  const value = fc.oneof(
    fc.constantFrom("x", "y"),
    fc.record({
      prepend: fc.array(fc.constantFrom("/a", "/b"), { maxLength: 2 }),
      append: fc.array(fc.constantFrom("/c"), { maxLength: 2 }),
    }),
  );
  const layer = fc.dictionary(fc.constantFrom("A", "B", "C"), value, { noNullPrototype: true });
  it("it does not matter in which order layers are merged, only which is above", () => {
    fc.assert(
      fc.property(layer, layer, layer, (low, middle, high) => {
        expect(composeEnv(composeEnv(low, middle), high)).toEqual(composeEnv(low, composeEnv(middle, high)));
      }),
    );
  });
});

describe("extends and overrides", () => {
  it("lists replace, maps merge, null takes out, over a chain and from the folder of each file", () => {
    const { topology, files, diagnostics } = loadTexts({
      "sites/a.yaml": "extends: ../team/b.yaml\nname: a\nsecrets: [A]\nengine: { parallel: { tp: null } }",
      "team/b.yaml":
        "extends: base/c.yaml\nname: b\nsecrets: [B, C]\nengine: { parallel: { tp: 2, dcp: 2 }, args: { seed: 1 } }",
      "team/base/c.yaml": BASE,
    });
    expect(spoken(diagnostics)).toBe("");
    expect(files).toEqual(["sites/a.yaml", "team/b.yaml", "team/base/c.yaml"]);
    expect(topology).toMatchObject({ name: "a", secrets: ["A"] });
    expect(topology?.instances[0]?.engine).toMatchObject({ parallel: { tp: 1, dcp: 2 }, args: { seed: "1" } });
  });

  it("--set reaches keys, entries, flags in any spelling and dotted keys, and comes last", () => {
    const set = [
      "prefill.port=9000",
      "nodes[0].devices=[0, 1]",
      "prefill.args.max_num_seqs=1.10",
      'engine.env."A.B"=x=y',
      "prefill.args.seed=null",
      "smoke.max_tokens=3",
    ];
    const { draft, diagnostics } = loadOver("engine: { args: { seed: 1 } }", { set });
    expect(diagnostics.map(({ code }) => code)).toEqual(["S08"]); // A.B is no name of a variable; the loader took it to the right place
    expect(draft?.instances[0]?.engine).toMatchObject({
      port: 9000,
      args: { "max-num-seqs": "1.10" },
      env: { "A.B": "x=y" },
      without: { args: ["seed"] },
    });
    expect(draft?.nodes[0]?.devices).toEqual(["0", "1"]);
    expect(draft?.smoke.maxTokens).toBe(3);
    expect(draft?.overrides.set).toEqual(set);
  });

  it("--set model=NAME and --set model.path=NAME are the same", () => {
    expect(loadOver("", { set: ["model=x/y"] }).topology?.model.path).toBe("x/y");
    expect(loadOver("", { set: ["model.path=x/y"] }).topology?.model.path).toBe("x/y");
  });

  it("--hosts is where the addresses come from, as --explain says", () => {
    const { origins } = loadOver("", { hosts: ["10.5.0.[7-8]"] });
    expect(origins.originOf(["nodes", 0, "ip"])).toEqual({ set: "--hosts 10.5.0.[7-8]" });
  });

  it("--hosts puts hosts in the place of the nodes' own, in order, and their addresses with them", () => {
    const { topology } = loadOver(
      "nodes: [{ name: 'n[0-1]', host: '10.0.0.[1-2]', ip: '10.9.0.[1-2]', hardware: cuda, devices: 1 }]",
      { hosts: ["10.5.0.7", "login[3]"] },
    );
    expect(topology?.nodes.map(({ name, host, ip }) => ({ name, host, ip }))).toEqual([
      { name: "n0", host: "10.5.0.7", ip: "10.5.0.7" },
      { name: "n1", host: "login3", ip: undefined },
    ]);
  });
});

describe("nodes and instances", () => {
  const four =
    'engine: { parallel: { tp: 4 } }\ndecode: { nodes: [n3] }\nnodes: [{ name: "n[0-3]", host: "10.0.0.[1-4]", hardware: cuda, devices: 8 }]\n';
  const seats = (role: string) => {
    const { topology, diagnostics } = loadOver(`${four}prefill: ${role}`);
    expect(spoken(diagnostics)).toBe("");
    return topology?.instances
      .filter((instance) => instance.role === "prefill")
      .map(({ id, nodes }) => `${id}: ${nodes.join(" ")}`);
  };
  it.each([
    ['{ nodes: "n[0-3]" }', ["prefill-0: n0 n1 n2 n3"]],
    ['{ nodes: "n[0-3]", instances: 2 }', ["prefill-0: n0 n1", "prefill-1: n2 n3"]],
    ['{ nodes: "n[0-1]", instances: 4 }', ["prefill-0: n0", "prefill-1: n0", "prefill-2: n1", "prefill-3: n1"]],
    ["{ nodes: [n2, n0], instances: 2 }", ["prefill-0: n2", "prefill-1: n0"]],
    [
      '{ instances: [{ name: big, nodes: "n[0-1]" }, { nodes: [n2], count: 2 }] }',
      ["prefill-big: n0 n1", "prefill-1: n2", "prefill-2: n2"],
    ],
    [
      '{ nodes: "n[0-1]", instances: [{ name: a, port: 9000 }, { name: b, count: 1, port: 9100 }] }',
      ["prefill-a: n0", "prefill-b: n1"],
    ],
    ['{ instances: [{ name: a, count: 2, nodes: "n[0-1]" }] }', ["prefill-a-0: n0", "prefill-a-1: n1"]],
  ])("%s", (role, expected) => expect(seats(role)).toEqual(expected));

  it("ssh of a node goes over the shared one, durations are ms, and pinned keys are a list", () => {
    const { topology, diagnostics } = loadOver(`
ssh: { user: a, connect_timeout: 2m, jump: b, host_keys: accept-new }
nodes:
  - { name: n0, host: 10.0.0.1, hardware: cuda, devices: [3, GPU-5af1], ssh: { user: c, host_keys: "SHA256:uNiVztksCsDhcc0u9e8BrqHb", jump: [d, e] } }
  - { name: n1, host: gpu1, ip: 10.0.0.2, hardware: cuda, devices: 2 }`);
    expect(spoken(diagnostics)).toBe("");
    expect(topology?.nodes).toMatchObject([
      {
        devices: ["3", "GPU-5af1"],
        ip: "10.0.0.1",
        ssh: { user: "c", connectTimeoutMs: 120_000, jump: ["d", "e"], hostKeys: ["SHA256:uNiVztksCsDhcc0u9e8BrqHb"] },
      },
      {
        devices: ["0", "1"],
        ip: "10.0.0.2",
        host: "gpu1",
        ssh: { user: "a", connectTimeoutMs: 120_000, jump: ["b"], hostKeys: "accept-new" },
      },
    ]);
  });

  it("host: local is this machine; a host that is a name has no address until its node is asked", () => {
    const local = loadTexts({
      "t.yaml": BASE.replace(/nodes:.*\]/, "nodes: [{ name: n0, host: local, hardware: cpu, devices: 2 }]").replace(
        "[n1]",
        "[n0]",
      ),
    });
    expect(local.topology?.nodes[0]).toMatchObject({ host: "local", ip: "127.0.0.1" });
    const named = loadOver("nodes: [{ name: 'n[0-1]', hardware: cuda, devices: 1 }]");
    expect(named.topology?.nodes.map(({ host, ip }) => [host, ip])).toEqual([
      ["n0", undefined],
      ["n1", undefined],
    ]);
  });

  it("pinned devices and ports of an instance go over the role's", () => {
    const { topology } = loadOver(`
prefill:
  devices: [0, 1]
  side_channel_port: 5600
  instances: [{ name: a, devices: [4], side_channel_port: 5700 }, { name: b }]`);
    expect(topology?.instances.slice(0, 2)).toMatchObject([
      { devices: ["4"], ports: { side_channel_port: 5700 }, path: ["prefill", "instances", 0] },
      { devices: ["0", "1"], ports: { side_channel_port: 5600 } },
    ]);
  });
});
