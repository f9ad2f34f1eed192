import { argv } from "../../engines/argv.ts";
import type { Model } from "../../topology/topology.ts";
import type { Explained } from "../plan.ts";
import { atHome } from "../seats/home.ts";
import { program, type Seat } from "../seats/seats.ts";
import { endpoint } from "./ports.ts";
import type { EngineAsk } from "./service.ts";
import type { Transfer } from "./transfer.ts";

/** An engine's whole command line: the command of its kind, then the arguments that all kinds share. */
export function engineCommand(ask: EngineAsk, { kv }: Transfer): readonly Explained[] {
  const { scene, grants, process, seat } = ask;
  const { instance, layout, rpc, master } = grants;
  const [head = process.node] = instance.nodes;
  const http = endpoint(ask);
  const written = argv({
    command: [...numactl(ask), ...command(ask)],
    model: modelAt(scene.topology.model, seat),
    instance,
    layout,
    process,
    bind: instance.engine.bind ?? scene.bind,
    ...(http !== undefined && { http }),
    head: { ip: scene.seats.get(head)?.ip ?? seat.ip, node: head },
    ...(rpc && { rpc: rpc.first }),
    ...(master && { master: master.first }),
    ...(grants.kvEvents && { kvEvents: grants.kvEvents.first }),
    ...(kv && { kv }),
  });
  const without = new Set(instance.engine.without?.args);
  return written.filter(({ words: [word = ""] }) => {
    const flag = word.replace(/^--(no-)?/, "");
    return !without.has(flag);
  });
}

/** The stand-in, what the user put in place of `vllm serve`, or that of a virtual environment. */
function command({ grants: { instance }, seat }: EngineAsk): readonly string[] {
  const { kind, command: own, venv } = instance.engine;
  if (kind === "sim") return [seat.runner.path, program(seat, "sim").path];
  if (own !== undefined) return own.map((word, index) => (index === 0 ? atHome(word, seat) : word));
  return [venv === undefined ? "vllm" : `${atHome(venv, seat)}/bin/vllm`, "serve"];
}

/** Bound to the NUMA nodes of its devices, where the topology says which those are. */
function numactl({ grants: { instance, devices }, process, seat: { node } }: EngineAsk): readonly string[] {
  if (node.numa === undefined || instance.engine.kind === "sim") return [];
  const near = (devices[process.index] ?? []).flatMap((device) => node.numa?.[node.devices.indexOf(device)] ?? []);
  const list = [...new Set(near)].sort((a, b) => a - b).join(",");
  return list === "" ? [] : ["numactl", `--cpunodebind=${list}`, `--membind=${list}`];
}

/** The model where this node has it. Its name must not be: homes differ, and clients know one name. */
const modelAt = ({ path, tokenizer, ...model }: Model, seat: Seat): Model => ({
  ...model,
  path: atHome(path, seat),
  servedNameIsSet: model.servedNameIsSet || path !== atHome(path, seat),
  ...(tokenizer !== undefined && { tokenizer: atHome(tokenizer, seat) }),
});
