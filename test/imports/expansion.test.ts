import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Service } from "../../src/plan/plan.ts";
import { cases, imported, lines, plannedOf, root } from "./read-case.ts";

/** A program that writes down its words and its environment, in the place of the real one. */
const RECORDER = `#!/usr/bin/env bash
{ printf '%s\\0' "$@"; printf -- '--env\\0'; env -0; } > "$RECORDS/$$-$RANDOM"
`;
/** Scripts of their own run; proxies are not what is compared. */
const PYTHON = `#!/usr/bin/env bash
case $1 in *launch_online_dp.py) exec "$REAL_PYTHON" "$@" ;; esac
`;
const python = ["/usr/bin/python3", "/usr/local/bin/python3"].find((path) => existsSync(path));

interface Started {
  readonly flags: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
}

/** What the source starts when bash runs it: the commands of `expands`, with recorders in the place of the engines. */
function started(name: string): readonly Started[] {
  const home = mkdtempSync(join(tmpdir(), "pdctl-expands-"));
  try {
    cpSync(join(root, name), home, { recursive: true });
    for (const folder of ["bin", "records"]) mkdirSync(join(home, folder));
    for (const [file, text] of [
      ["vllm", RECORDER],
      ["python", PYTHON],
      ["python3", PYTHON],
      ["curl", "#!/bin/sh\n"],
    ])
      writeFileSync(join(home, "bin", file ?? ""), text ?? "", { mode: 0o755 });
    const env = {
      PATH: `${join(home, "bin")}:/usr/bin:/bin`,
      RECORDS: join(home, "records"),
      REAL_PYTHON: python ?? "",
    };
    execFileSync("bash", ["-e", "expands"], { cwd: home, env, stdio: ["ignore", "ignore", "inherit"] });
    return readdirSync(join(home, "records")).map((file) => {
      const words = readFileSync(join(home, "records", file), "utf8").split("\0");
      const at = words.indexOf("--env");
      return {
        flags: flagsOf(words.slice(1, at)),
        env: Object.fromEntries(
          words.slice(at + 1).map((pair) => [pair.split("=", 1)[0] ?? "", pair.slice(pair.indexOf("=") + 1)]),
        ),
      };
    });
  } finally {
    rmSync(home, { recursive: true });
  }
}

const SHORT: Readonly<Record<string, string>> = { "-tp": "--tensor-parallel-size", "-dp": "--data-parallel-size" };

/** `--flag value` and `--flag`; the first word is the model. */
function flagsOf(words: readonly string[]): Readonly<Record<string, string>> {
  const flags: Record<string, string> = { model: words[0] ?? "" };
  words.forEach((word, i) => {
    const next = words[i + 1];
    if (/^--?[a-z]/.test(word))
      flags[SHORT[word] ?? word.replaceAll("_", "-")] = next === undefined || /^--?[a-z]/.test(next) ? "" : next;
  });
  return flags;
}

const devices = (env: Readonly<Record<string, string>>) =>
  env["CUDA_VISIBLE_DEVICES"] ?? env["ASCEND_RT_VISIBLE_DEVICES"];
const text = (value: string) => (/^\s*\{/.test(value) ? JSON.stringify(JSON.parse(value)) : value);

describe.each(cases.filter((name) => existsSync(join(root, name, "expands"))))("bash runs %s", (name) => {
  const home = join(root, name);
  const needsPython = readFileSync(join(home, "expands"), "utf8").includes("python");
  it.skipIf(needsPython && python === undefined)(
    "and starts what the plan starts: ports, ranks, devices, every flag but those that are named",
    () => {
      const { yaml } = imported(name);
      const { plan } = plannedOf(yaml ?? "", "topology.yaml", () => undefined);
      const engines = (plan?.services ?? []).filter(({ kind }) => kind === "engine");
      const planned = engines.map((engine) => seen(engine));
      const real = started(name);
      const key = ({ flags, env }: Started) =>
        [flags["--port"], flags["--data-parallel-rank"] ?? "", devices(env)].join(" ");
      expect(planned.map(key).sort()).toEqual(real.map(key).sort());
      const differs = new Set(["--kv-transfer-config", ...lines(home, "differs")]);
      for (const one of real) {
        const same = planned.filter(
          (each) =>
            key(each) === key(one) &&
            (each.flags["--data-parallel-address"] ?? "") === (one.flags["--data-parallel-address"] ?? ""),
        );
        expect(same, key(one)).toHaveLength(1);
        for (const [flag, value] of Object.entries(one.flags))
          if (!differs.has(flag)) expect([flag, text(same[0]?.flags[flag] ?? "absent")]).toEqual([flag, text(value)]);
      }
    },
  );
});

const seen = ({ argv, env }: Service): Started => ({
  flags: flagsOf(argv.slice(2)),
  env: Object.fromEntries(Object.entries(env).map(([name, value]) => [name, String(value)])),
});
