import type { ModelConfig } from "../../../facts/model-config.ts";
import { hardware } from "../../../hardware/index.ts";
import { firsts } from "../../../once.ts";
import type { Instance, Node, Topology } from "../../../topology/topology.ts";
import type { Capacity, InstanceCapacity } from "../answers.ts";
import { kvBytesPerToken, kvBytesToMove } from "./kv.ts";
import { weightBytes } from "./weights.ts";
import { kvWidth, widthsOf } from "./widths.ts";

const GIB = 2 ** 30;
/** What vLLM takes of a device when nothing is written, by the oldest versions still in use; later ones take a little more. */
const UTILIZATION = 0.9;

/**
 * Whether the model fits, from its config alone: an upper bound on the KV tokens, as activations, graphs and the runtime's own memory are known to
 * the engine only.
 * tokens ≤ ⌊(memory · utilization − weights) / bytes per token⌋, in blocks of the cache; a prompt of n tokens takes n · bytes / rate to move, at
 * the line rate of the slower of the two interfaces.
 * Source: launch.md §1.1; the engine's "GPU KV cache size" is the same quotient over what it has measured.
 */
export function capacity(topology: Topology, config: ModelConfig): Capacity {
  const nodes = firsts(topology.nodes, ({ name }) => name);
  const instances = topology.instances.map((instance) => ofInstance(instance, config, nodes));
  const bytes = kvBytesToMove(config, kvWidth(topology.instances[0]?.engine.args ?? {}));
  const rates = topology.instances.flatMap(({ nodes: names }) =>
    names.flatMap((name) => nodes.get(name)?.nicGbps ?? []),
  );
  const slowest = rates.length === 0 ? undefined : Math.min(...rates);
  return {
    instances,
    transfer: {
      bytesPerToken: bytes,
      gbps: slowest ?? null,
      secondsPerThousand: slowest === undefined ? null : (1000 * bytes * 8) / (slowest * 1e9),
    },
    leftOut: [
      ...(config.stateLayers > 0 ? [`${config.stateLayers} state layers`] : []),
      ...(config.towers ?? []).map((tower) => tower.replace("_config", " tower")),
    ],
  };
}

function ofInstance(
  { id, role, nodes: names, engine }: Instance,
  config: ModelConfig,
  nodes: ReadonlyMap<string, Node>,
): InstanceCapacity {
  const { tp, pp, dp, dcp } = engine.parallel;
  const cut = { tp, pp, dp: config.moe === undefined ? 1 : dp, dcp };
  const widths = widthsOf(config, engine.args);
  const weights = widths === undefined ? null : weightBytes(config, cut, widths);
  const perToken = kvBytesPerToken(config, cut, kvWidth(engine.args));
  const sizes = names.map((name) => memoryOf(nodes.get(name)));
  const memory = sizes.includes(null) ? null : Math.min(...sizes.map(Number)) * GIB;
  const budget = memory === null ? null : memory * utilization(engine.args);
  const left = weights === null || budget === null ? null : budget - weights;
  return {
    instance: id,
    role,
    weightBytes: weights,
    kvBytesPerToken: perToken,
    memoryBytes: memory,
    budgetBytes: budget,
    kvTokensAtMost: left === null || perToken === 0 ? null : Math.max(0, Math.floor(left / perToken)),
    longest: longest(engine.args, config),
  };
}

/** GiB of one device: the node's own word, else the generation's. */
function memoryOf(node: Node | undefined): number | null {
  return node?.deviceMemoryGib ?? hardware.get(node?.hardware ?? "none")?.memoryGib ?? null;
}

function utilization(args: Instance["engine"]["args"]): number {
  const written = Number(args["gpu-memory-utilization"]);
  return written > 0 && written <= 1 ? written : UTILIZATION;
}

/** Tokens of the longest request: what is written, else the model's own; null: nobody says. */
function longest(args: Instance["engine"]["args"], { maxPositions }: ModelConfig): number | null {
  const written = args["max-model-len"];
  const match = typeof written === "string" ? /^(\d+(?:\.\d+)?)([kKmMgG]?)$/.exec(written) : null;
  if (match === null) return written === undefined ? (maxPositions ?? null) : null;
  const unit = { "": 1, k: 1000, K: 1024, m: 1e6, M: 2 ** 20, g: 1e9, G: 2 ** 30 }[match[2] ?? ""] ?? 1;
  return Math.floor(Number(match[1]) * unit);
}
