import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Cluster } from "./cluster.ts";
import { venv } from "./place.ts";

const recorded = join(import.meta.dirname, "../diagnose/recorded");

/** Keeps what prefill wrote, for `npm test`, where PDCTL_RECORD is set: `PDCTL_RECORD=1 npm run test:real -- startup`. */
export async function record(real: Cluster, name: string): Promise<void> {
  if (process.env.PDCTL_RECORD === undefined) return;
  const { out } = await real.pdctl("logs", "prefill-0", "--tail", "100000");
  const lines = out.split("\n").filter((line) => !/^\([^)]*\) (INFO|DEBUG) /.test(line)); // half of it, and never why something ends
  mkdirSync(recorded, { recursive: true });
  writeFileSync(join(recorded, `${name}.log`), lines.map(tidy).join("\n"));
}

/** Without what only this machine has: its directories. */
const tidy = (line: string) =>
  line
    .replaceAll(venv, "/opt/vllm")
    .replace(/(?<=")\/[^"]*(?=\/lib\/python3\.\d+\/(?!site-packages))/, "/usr")
    .replace(/\/[^\s:]*\/launch\.sh/, "launch.sh");
