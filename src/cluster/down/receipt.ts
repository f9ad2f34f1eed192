import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Run } from "../run/run.ts";
import type { Standing } from "../standing/standing.ts";
import type { TakenDown } from "./take-down.ts";

/** What `down` saw, kept on the launcher beside the logs of the same generation. Returns its path. */
export async function writeReceipt(standing: Standing, taken: TakenDown, run: Run): Promise<string> {
  const directory = path.join(run.stateHome, standing.cluster, String(standing.generation));
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const file = path.join(directory, "receipt.json");
  const receipt = {
    schema: "pdctl.receipt/1",
    cluster: standing.cluster,
    generation: standing.generation,
    at: new Date().toISOString(),
    clean: taken.clean,
    services: standing.services.map(({ spec, node }) => ({ service: spec.service, node })),
    nodes: taken.rows.map(plain),
  };
  await writeFile(file, `${JSON.stringify(receipt, null, 2)}\n`, { mode: 0o600 });
  return file;
}

/** What was left is named, not only counted. */
function plain({ remains, ...row }: TakenDown["rows"][number]) {
  if (remains === undefined || row.clean) return row;
  const { processes, ports, sharedMemory, files, memory } = remains;
  return { ...row, left: { processes, ports, sharedMemory, files, deviceMiB: Object.fromEntries(memory.more) } };
}
