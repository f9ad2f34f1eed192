import type { DeviceFact } from "../../facts/facts.ts";
import { firsts } from "../../once.ts";
import type { JudgedTopology } from "../../plan/facts/judged.ts";
import type { Path } from "../../topology/rule.ts";

interface Device {
  readonly at: Path;
  readonly node: string;
  readonly device: string;
  readonly fact: DeviceFact;
}

/** Devices of these accelerators that the plan gives to engines which are vLLM itself, with what the node's tool says of them. */
function* given({ topology, plan, facts }: JudgedTopology, ...names: readonly string[]): Iterable<Device> {
  const real = new Set(topology.instances.filter(({ engine }) => engine.kind === "vllm").map(({ id }) => id));
  const [places, said] = [firsts(topology.nodes, ({ name }) => name), firsts(facts, ({ node }) => node)];
  for (const { node, group, devices } of plan.rehearsal ? [] : plan.services) {
    const place = places.get(node);
    if (place === undefined || !names.includes(place.family ?? place.hardware) || !real.has(group)) continue;
    const listed = said.get(node)?.devices ?? [];
    for (const device of devices) {
      const fact = listed.find(({ id, uuid }) => id === device || uuid === device);
      if (fact !== undefined) yield { at: [...place.path, "devices"], node, device, fact };
    }
  }
}

/** Those that the tool itself calls unfit. */
export function* faulty(
  judged: JudgedTopology,
  ...names: readonly string[]
): Iterable<Device & { readonly fault: string }> {
  for (const one of given(judged, ...names)) for (const fault of one.fact.faults) yield { ...one, fault };
}

/** Those with a switch that stands otherwise than on most. */
export function* switches(judged: JudgedTopology, ...names: readonly string[]) {
  const rows = [...given(judged, ...names)].flatMap((one) =>
    Object.entries(one.fact.switches ?? {}).map(([name, value]) => ({ ...one, name, value })),
  );
  for (const name of new Set(rows.map((row) => row.name))) {
    const mine = rows.filter((row) => row.name === name);
    const count = (value: string) => mine.filter((row) => row.value === value).length;
    const [most] = [...new Set(mine.map(({ value }) => value))].toSorted((a, b) => count(b) - count(a));
    for (const row of mine) if (most !== undefined && row.value !== most) yield { ...row, others: most };
  }
}
