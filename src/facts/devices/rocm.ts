import type { DeviceFact } from "../facts.ts";
import { count, type Lines } from "../lines.ts";

const MIB = 2 ** 20;

/** `rocm-smi --json`: an object per card; memory in bytes. It tells processes, but not on which card they are. Source: launch.md §5.3. */
export function rocmDevices(lines: Lines): readonly DeviceFact[] {
  return Object.entries(record(parsed(lines.one("rocm"))))
    .filter(([key]) => /^card\d+$/.test(key))
    .map(([key, value]) => {
      const card = record(value);
      const text = (name: string) => (typeof card[name] === "string" ? card[name] : undefined);
      const unique = text("Unique ID");
      return {
        id: key.slice("card".length),
        ...(unique !== undefined && /^0x/.test(unique) && { uuid: `GPU-${unique.slice(2)}` }),
        name: text("Card Series") ?? text("Card series") ?? text("Device Name") ?? "",
        totalMb: Math.round(count(text("VRAM Total Memory (B)")) / MIB),
        usedMb: Math.round(count(text("VRAM Total Used Memory (B)")) / MIB),
        holders: [],
        faults: [],
      };
    });
}

function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "{}");
  } catch {
    return {}; // a tool that prints no JSON tells nothing
  }
}

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
