import type { DeviceFact } from "../facts.ts";
import { count, csv, type Lines } from "../lines.ts";

/** Rows of `hl-smi -Q module_id,uuid,name,memory.total,memory.used`, MiB; the id is the module's. Source: launch.md §5.4, §1.6. */
export const gaudiDevices = (lines: Lines): readonly DeviceFact[] =>
  lines.all("gaudi").map((row) => {
    const [id = "", uuid = "", name = "", total, used] = csv(row);
    return { id, uuid, name, totalMb: count(total), usedMb: count(used), holders: [], faults: [] };
  });
