import type { DeviceFact } from "../facts.ts";
import { count, csv, type Lines } from "../lines.ts";

/** Rows of `nvidia-smi --query-gpu` and `--query-compute-apps`; memory in MiB. Source: launch.md §5.2. */
export function cudaDevices(lines: Lines): readonly DeviceFact[] {
  const holders = lines.all("cuda-holder").map((row) => {
    const [uuid = "", pid, used, command = ""] = csv(row);
    return { uuid, pid: count(pid), usedMb: count(used), command: command.split("/").at(-1) ?? "" };
  });
  return lines.all("cuda").map((row) => {
    const [id = "", uuid = "", name = "", total, used, mode = "", mig = ""] = csv(row);
    return {
      id,
      uuid,
      name,
      totalMb: count(total),
      usedMb: count(used),
      holders: holders.filter((one) => one.uuid === uuid).map(({ pid, usedMb, command }) => ({ pid, usedMb, command })),
      faults: [
        ...(mig === "Enabled" ? ["MIG mode is Enabled"] : []),
        ...(/^(Exclusive_Process|Prohibited)$/.test(mode) ? [`compute mode is ${mode}`] : []),
      ],
    };
  });
}
