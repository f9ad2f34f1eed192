import { devicesByFamily } from "./devices/index.ts";
import { type Lines, linesOf, split } from "./lines.ts";

/** The scripts of templates/ that ask a node what it is: every vendor's tool, then what the kernel shows. The last one says that all was said. */
export const acceleratorScripts: readonly string[] = [
  ...["cuda", "rocm", "gaudi", "ascend"].map((name) => `gather/${name}`),
  "gather/accelerators",
];

/** What a node is, before any topology speaks of it. */
export interface Machine {
  readonly hostname: string;
  /** The node's own address on the way to us; unset without SSH. */
  readonly address: string | undefined;
  /** Interface → its IPv4 addresses. */
  readonly interfaces: Readonly<Record<string, readonly string[]>>;
  readonly cpus: number;
  /** A name of hardware/, by what its devices call themselves. */
  readonly hardware: string;
  readonly devices: number;
  /** As the vendor's tool names it: `NVIDIA H100 80GB HBM3`. */
  readonly product: string | undefined;
}

/** The lines of the scripts; undefined when they are cut off. Two kinds in one node: the one with more devices. */
export function readMachine(text: string): Machine | undefined {
  const lines = linesOf(text);
  if (lines.one("end") !== "ok") return undefined;
  const interfaces: Record<string, string[]> = {};
  for (const [name, address] of lines.all("interface").map(split))
    interfaces[name] = [...(interfaces[name] ?? []), address];
  const [most] = found(lines).toSorted((a, b) => b.names.length - a.names.length);
  const { family = "cpu", names = [] } = most === undefined || most.names.length === 0 ? {} : most;
  const [product] = names;
  return {
    hostname: lines.one("hostname") ?? "",
    address: lines.one("address") || undefined,
    interfaces,
    cpus: Number(lines.one("cpus")) || 1,
    hardware: generation(family, [...names.slice(0, 1), ...(KERNEL[family]?.(lines) ?? [])]),
    devices: names.length,
    product: product === "" ? undefined : product,
  };
}

/** The devices' own names by family: from the vendor's tool, and where it lists none, from the kernel. */
function found(lines: Lines): readonly { readonly family: string; readonly names: readonly string[] }[] {
  const listed = devicesByFamily(lines);
  return FAMILIES.map((family) => {
    const names = (listed.get(family) ?? []).map(({ name }) => name);
    return { family, names: names.length > 0 ? names : (KERNEL[family]?.(lines) ?? []) };
  });
}

const FAMILIES = ["cuda", "rocm", "gaudi", "ascend"];

/** What the kernel shows of each: the gfx target, the device type; of Ascend that a chip is there. */
const KERNEL: Readonly<Record<string, (lines: Lines) => readonly string[]>> = {
  rocm: (lines) => lines.all("kfd"),
  gaudi: (lines) => lines.all("accel"),
  ascend: (lines) => lines.all("davinci").map(() => ""),
};

/** The generation that a device's own name tells, else its family. Source: launch.md §4.3–§4.6; gfx942 is MI300X and its siblings. */
function generation(family: string, names: readonly string[]): string {
  const known = GENERATIONS.find((one) => one.family === family && names.some((name) => one.named.test(name)));
  return known?.name ?? family;
}

const GENERATIONS: readonly { readonly family: string; readonly named: RegExp; readonly name: string }[] = [
  { family: "cuda", named: /\bGB[23]00\b/, name: "gb200" },
  { family: "rocm", named: /^90402$|\bMI300X\b/, name: "mi300x" },
  { family: "gaudi", named: /GAUDI ?2|^HL-2/i, name: "gaudi2" },
  { family: "gaudi", named: /GAUDI ?3|^HL-3/i, name: "gaudi3" },
  { family: "ascend", named: /910B/, name: "a2" },
  { family: "ascend", named: /910(C|_93)|910_?93/, name: "a3" },
];
