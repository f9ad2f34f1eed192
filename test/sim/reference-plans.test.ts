import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { readFaults } from "../../src/sim/faults.ts";
import type { Log } from "../../src/sim/log.ts";
import { parseArgv } from "../../src/sim/start/argv.ts";
import { configOf } from "../../src/sim/start/config.ts";

const golden = join(dirname(dirname(fileURLToPath(import.meta.url))), "golden");
const quiet: Log = { info: () => undefined, warning: () => undefined, error: () => undefined, plain: () => undefined };

interface Planned {
  readonly kind: string;
  readonly id: string;
  readonly argv: readonly string[];
  readonly env: Record<string, string>;
}

const plans = readdirSync(golden)
  .filter((name) => name.endsWith(".plan.json"))
  .map((name) => [basename(name, ".plan.json"), JSON.parse(readFileSync(join(golden, name), "utf8"))] as const);

/** The flags behind `vllm serve` or the stand-in's file; the model as a hub name, since its path is on no machine of the test. */
function configured({ argv, env }: Planned, kind: "moe" | "dense") {
  const at = argv.findIndex((word) => word === "serve" || /sim[^/]*\.mjs$/.test(word));
  const [model = "", ...flags] = argv.slice(at + 1);
  const faults = readFaults({ PDCTL_SIM_MODEL_KIND: kind }, []);
  return configOf(parseArgv([model.replace(/^\//, ""), ...flags]), env, faults, quiet);
}

/** decode-0-2 is a process of decode-0. */
const groupOf = ({ id }: Planned) => id.replace(/-\d+$/, "");

describe("the stand-in takes every command line that pdctl plans for a reference set-up", () => {
  it("has plans to look at", () => {
    expect(plans.length).toBeGreaterThan(8);
  });

  it.each(plans)("%s", (name, plan) => {
    const engines: Planned[] = plan.services.filter(({ kind }: Planned) => kind === "engine");
    const kind = engines.some(({ argv }) => argv.includes("--data-parallel-size")) ? "moe" : "dense";
    const configs = engines.map((engine) => ({ engine, config: configured(engine, kind) }));
    expect(configs.length, name).toBeGreaterThan(1);
    for (const { engine, config } of configs) {
      const group = configs.filter((one) => groupOf(one.engine) === groupOf(engine)).map((one) => one.config.parallel);
      const ranks = group.flatMap(({ start, dpLocal }) => Array.from({ length: dpLocal }, (_, at) => start + at));
      expect(ranks.sort((a, b) => a - b)).toEqual(Array.from({ length: config.parallel.dp }, (_, rank) => rank));
      expect(new Set(group.map(({ hash }) => hash)).size).toBe(1);
    }
  });
});
