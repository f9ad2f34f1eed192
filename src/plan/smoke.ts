import type { Proof } from "../connectors/connector.ts";
import { sorted, words } from "../engines/words.ts";
import { proxies } from "../proxies/index.ts";
import type { Target } from "../proxy/config.ts";
import type { Topology } from "../topology/topology.ts";
import type { BenchStep, SmokeStep } from "./plan.ts";
import { atHome } from "./seats/home.ts";
import type { Seat } from "./seats/seats.ts";

const SHORTEST = 512; // shorter prompts move no block on hardware with large ones
const TOKENS_PER_WORD = 7; // six letters and a blank, for a tokenizer that knows none of them
const nothing: Proof = { rises: [], tokens: "", stays: [] };

/** The trial: one request per slot of the larger side at least, each longer than four blocks. Source: seed-lines.md C12. */
export function smokeStep(
  topology: Topology,
  seat: Seat,
  targets: readonly Target[],
  proof: Proof | undefined,
): SmokeStep {
  const slots = (role: Target["role"]) =>
    targets.filter((target) => target.role === role).reduce((sum, target) => sum + target.slots, 0);
  const headers = proxies[topology.proxy.kind].headers?.(targets);
  return {
    url: `http://${seat.ip}:${topology.proxy.port}`,
    node: seat.node.name,
    path: "/v1/completions",
    ...(headers !== undefined && { headers }),
    ...keysOf(topology),
    body: { model: topology.model.servedName, max_tokens: topology.smoke.maxTokens, temperature: 0 },
    promptWords: Math.min(
      Math.max(topology.smoke.promptWords, SHORTEST, 4 * largestBlock(topology)),
      Math.max(1, Math.floor((shortestContext(topology) - topology.smoke.maxTokens) / TOKENS_PER_WORD)),
    ),
    requests: Math.max(1, slots("prefill"), slots("decode")),
    proof: proof ?? nothing,
  };
}

/** What the trial shows: at the proxy the key of a client, at decode the one that the proxy has for it. */
function keysOf({ proxy: { serving } }: Topology): Pick<SmokeStep, "keys"> {
  const { api_key_env: proxy, upstream_api_key_env: engines } = serving;
  if (proxy === undefined && engines === undefined) return {};
  return { keys: { ...(proxy !== undefined && { proxy }), ...(engines !== undefined && { engines }) } };
}

/** What is written; the model's own context is long enough. */
const shortestContext = ({ instances }: Topology) =>
  Math.min(
    ...instances.map(({ engine }) => Number(engine.args["max-model-len"] ?? Number.NaN)).filter(Number.isInteger),
  );

const largestBlock = ({ instances }: Topology) =>
  Math.max(0, ...instances.map(({ engine }) => Number(engine.args["block-size"] ?? 0)).filter(Number.isInteger));

/** The benchmark, on the first prefill node, where vLLM is. Source: seed-lines.md C11. */
export function benchStep(topology: Topology, seats: ReadonlyMap<string, Seat>): BenchStep | null {
  const { bench, model, proxy } = topology;
  const first = topology.instances.find(({ role }) => role === "prefill");
  if (bench === undefined || first === undefined || first.engine.kind === "sim") return null;
  const node = seats.get(first.nodes[0] ?? "");
  const gate = seats.get(proxy.node) ?? [...seats.values()][0];
  if (node === undefined || gate === undefined) return null;
  const { venv, env } = first.engine;
  return {
    node: node.node.name,
    argv: [
      ...[venv === undefined ? "vllm" : `${atHome(venv, node)}/bin/vllm`, "bench", "serve"],
      ...["--model", atHome(model.path, node)],
      ...(model.servedNameIsSet || model.path !== atHome(model.path, node)
        ? ["--served-model-name", model.servedName]
        : []),
      ...["--host", gate.ip, "--port", String(proxy.port)],
      ...(model.tokenizer === undefined ? [] : ["--tokenizer", atHome(model.tokenizer, node)]),
      ...sorted(bench.args).flatMap(([name, value]) => words(name, value)),
    ],
    env: Object.fromEntries(Object.entries(env).sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}
