import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { expect, it } from "vitest";
import { plan } from "../../src/plan/index.ts";
import { planned } from "../golden/planned.ts";
import { loadOver } from "../topology/loading.ts";
import { lacking, titled, venv } from "./place.ts";

// The parser of the vLLM that is installed, without an engine: one start of Python for all lines.
const RELEASE = "0.32.0";
const folder = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const names = (path: string) =>
  readdirSync(folder(path))
    .filter((file) => file.endsWith(".yaml"))
    .map((file) => file.replace(/\.yaml$/, ""));

interface Answer {
  readonly ok: boolean;
  readonly error?: string;
}

/** What the parser says to each line of arguments behind `vllm serve`. */
async function asked(lines: readonly (readonly string[])[]): Promise<readonly Answer[]> {
  const { stdout } = await execa(`${venv}/bin/python`, [folder("../../scripts/vllm-flags/accepts.py")], {
    input: lines.map((line) => `${JSON.stringify(line)}\n`).join(""),
    env: { VLLM_LOGGING_LEVEL: "ERROR" },
    timeout: 120_000,
  });
  const answers = stdout.split("\x1e").slice(1);
  expect(answers.length).toBe(lines.length);
  return answers.map((text): Answer => JSON.parse(text.split("\n")[0] ?? ""));
}

/** The words behind `serve` of every vLLM of a topology, as this release gets them. */
const linesOf = (name: string) =>
  planned(name, RELEASE).plan.services.flatMap(({ id, kind, argv }) => {
    const at = argv.indexOf("serve");
    return kind === "engine" && at >= 0 ? [{ at: `${name} ${id}`, line: argv.slice(at + 1) }] : [];
  });

/** What pdctl refuses, by flag: one line of `args` each, beside a topology that is right. */
const refused: readonly string[] = [
  "swap-space: 16",
  "disable-log-requests: true",
  "num-scheduler-steps: 4",
  "max-num-sequences: 4",
  "max-num-seqs: many",
  "dtype: float17",
  "seed: [1, 2]",
  "enforce-eager: 3",
  'hf-overrides: "{nope}"',
  'compilation-config: "[1]"',
];

function lineWith(args: string): { readonly line: readonly string[]; readonly codes: readonly string[] } {
  const { topology, diagnostics } = loadOver(`engine: { versions: { vllm: ${RELEASE} }, args: { ${args} } }`);
  if (topology === undefined) throw new Error(diagnostics.map(({ title }) => title).join());
  const made = plan(topology);
  const engine = made.plan.services.find(({ kind }) => kind === "engine");
  const codes = made.findings.filter(({ level }) => level === "error").map(({ code }) => code);
  return { line: engine?.argv.slice(engine.argv.indexOf("serve") + 1) ?? [], codes };
}

it.skipIf(lacking !== undefined)(
  titled("vLLM takes every command line that pdctl writes, and none that pdctl refuses"),
  async () => {
    const rendered = [
      ...names("../../topologies"),
      ...names("../golden/variants").map((name) => `variants/${name}`),
    ].flatMap(linesOf);
    const broken = refused.map((args) => ({ args, ...lineWith(args) }));
    const answers = await asked([...rendered.map(({ line }) => line), ...broken.map(({ line }) => line)]);
    const wrong = rendered.flatMap(({ at }, index) =>
      answers[index]?.ok === true ? [] : [`${at}: ${answers[index]?.error}`],
    );
    expect(rendered.length).toBeGreaterThan(100);
    expect(wrong).toEqual([]);
    const silent = broken.filter(({ codes }) => !codes.some((code) => ["C07", "C10", "C14"].includes(code)));
    expect(silent.map(({ args }) => args)).toEqual([]);
    const taken = broken.filter((_, index) => answers[rendered.length + index]?.ok !== false).map(({ args }) => args);
    expect(taken).toEqual([]);
  },
);
