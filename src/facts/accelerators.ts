/** The script of templates/ that asks a node what it is. */
export const acceleratorScript = "gather/accelerators";

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

/** The lines of the script; undefined when they are cut off. Two kinds in one node: the one with more devices. */
export function readMachine(text: string): Machine | undefined {
  const rows = text.split("\n").map((line) => {
    const [key = "", ...rest] = line.split(" ");
    return { key, value: rest.join(" ").trim() };
  });
  const all = (key: string) => rows.filter((row) => row.key === key).map(({ value }) => value);
  if (all("end")[0] !== "ok") return undefined;
  const interfaces: Record<string, string[]> = {};
  for (const value of all("interface")) {
    const [name = "", address = ""] = value.split(" ");
    interfaces[name] = [...(interfaces[name] ?? []), address];
  }
  const [most] = FAMILIES.map((family) => ({ family, names: all(family) })).sort(
    (a, b) => b.names.length - a.names.length,
  );
  const { family = "cpu", names = [] } = most === undefined || most.names.length === 0 ? {} : most;
  const [product] = names;
  return {
    hostname: all("hostname")[0] ?? "",
    address: all("address")[0] || undefined,
    interfaces,
    cpus: Number(all("cpus")[0]) || 1,
    hardware: generation(family, product ?? ""),
    devices: names.length,
    product: product === "" ? undefined : product,
  };
}

const FAMILIES = ["cuda", "rocm", "gaudi", "ascend"];

/** The generation that a device's own name tells, else its family. Source: launch.md §4.3–§4.6; gfx942 is MI300X and its siblings. */
function generation(family: string, product: string): string {
  const known = GENERATIONS.find((one) => one.family === family && one.named.test(product));
  return known?.name ?? family;
}

const GENERATIONS: readonly { readonly family: string; readonly named: RegExp; readonly name: string }[] = [
  { family: "cuda", named: /\bGB[23]00\b/, name: "gb200" },
  { family: "rocm", named: /^90402$/, name: "mi300x" },
  { family: "gaudi", named: /GAUDI ?2/i, name: "gaudi2" },
  { family: "gaudi", named: /GAUDI ?3/i, name: "gaudi3" },
  { family: "ascend", named: /910B/, name: "a2" },
  { family: "ascend", named: /910(C|_93)|910_?93/, name: "a3" },
];
