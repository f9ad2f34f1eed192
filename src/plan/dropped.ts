import { removed } from "../engines/versions.ts";
import { era } from "../era.ts";
import type { Finding } from "../topology/rule.ts";
import type { Topology } from "../topology/topology.ts";
import type { Seat } from "./seats.ts";

/** C07, as notes: what the user wrote and the node's version of vLLM has not any more, and what to write instead. Source: launch.md §12. */
export function droppedNotes(topology: Topology, at: ReadonlyMap<string, Seat>): readonly Finding[] {
  return topology.instances.flatMap(({ id, engine, nodes, path }) => {
    const vllm = at.get(nodes[0] ?? "")?.versions.vllm;
    return removed
      .filter((drift) => era(vllm, drift) === "new")
      .filter(({ kind, name }) => Object.hasOwn(kind === "env" ? engine.env : engine.args, name))
      .map(
        ({ kind, name, replace }): Finding => ({
          code: "C07",
          level: "note",
          title: `${name} is left out: vLLM ${vllm} has no such ${kind === "env" ? "variable" : "argument"} any more`,
          at: [...path, kind === "env" ? "env" : "args", name],
          subject: id,
          also: [],
          remedy: [replace === undefined ? "take it out" : `write ${replace} instead`],
        }),
      );
  });
}
