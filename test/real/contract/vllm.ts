import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePorts } from "../../sim/engines.ts";
import { models, venv } from "../place.ts";
import { Engine } from "./engine.ts";
import { commonArgs, complaintOf, type Launcher, type Line, type Refusal, type Wanted, wordsOf } from "./launcher.ts";
import { maskedText } from "./mask.ts";

const python = join(venv, "bin/python");

/** The settings under which two engines share a small machine without an accelerator. Source: vllm-cpu.md §4. */
const settings = {
  VLLM_ENABLE_V1_MULTIPROCESSING: "0",
  VLLM_CPU_OMP_THREADS_BIND: "nobind",
  OMP_NUM_THREADS: "1",
  UCX_NET_DEVICES: "lo",
  VLLM_CPU_KVCACHE_SPACE: "1",
  VLLM_HOST_IP: "127.0.0.1",
  HF_HUB_OFFLINE: "1",
  TRANSFORMERS_OFFLINE: "1",
  SPT_NOENV: "1", // else a process that renames itself loses its environment, and with it the mark
  VLLM_NO_USAGE_STATS: "1",
  DO_NOT_TRACK: "1",
};
const base = { PATH: `${join(venv, "bin")}:${process.env.PATH ?? ""}`, HOME: homedir() };

/** Real vLLM on this machine's CPU. */
export const vllm: Launcher = {
  leaseSeconds: 8,
  settleMs: 150,
  ports: freePorts,
  async serve(wanted: Wanted): Promise<Engine> {
    const port = wanted.port ?? (await freePorts(1));
    const side = wanted.side ?? (await freePorts(2));
    const model = wanted.moe === true ? models.moe : models.dense;
    return new Engine({
      file: join(venv, "bin/vllm"),
      args: ["serve", model, ...commonArgs(wanted, port)],
      env: {
        ...base,
        ...settings,
        VLLM_NIXL_SIDE_CHANNEL_HOST: "127.0.0.1",
        VLLM_NIXL_SIDE_CHANNEL_PORT: String(side),
        ...wanted.env,
      },
      port,
      side,
      model,
      ...(wanted.rank !== undefined && { rank: wanted.rank }),
      ...(wanted.rpc !== undefined && { rpc: wanted.rpc }),
    });
  },
  refusals,
};

/** All lines in forks of one interpreter: its imports take longer than all the rest. */
async function refusals(lines: readonly Line[]): Promise<ReadonlyMap<string, Refusal>> {
  const directory = mkdtempSync(join(tmpdir(), "pdctl-contract-"));
  try {
    const table = [];
    for (const line of lines) table.push({ argv: wordsOf(line, models, await freePorts(1)), env: line.env ?? {} });
    writeFileSync(join(directory, "lines.json"), JSON.stringify(table));
    const script = join(import.meta.dirname, "command-lines.py");
    await promisify(execFile)(python, [script, join(directory, "lines.json"), join(directory, "ends.json")], {
      env: { ...base, ...settings },
      maxBuffer: 1 << 26,
    });
    const ends: readonly { readonly exit: number | null; readonly output: string }[] = JSON.parse(
      readFileSync(join(directory, "ends.json"), "utf8"),
    );
    return new Map(
      lines.map(({ name }, at) => {
        const { exit = null, output = "" } = ends[at] ?? {};
        const said = maskedText(complaintOf(output), [
          [models.moe, "MOE"],
          [models.dense, "MODEL"],
        ]);
        return [name, { exit, complaint: said }];
      }),
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** What made the fixtures. */
export const recordedFrom = (): string => readFileSync(join(venv, "pdctl-made"), "utf8").trim();
