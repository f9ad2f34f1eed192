import type { Command } from "commander";
import { UserError } from "../../errors.ts";
import type { Facts } from "../../facts/facts.ts";
import { type Call, does } from "../edge/call.ts";
import type { Sound } from "../subject/sound.ts";
import { helped } from "../usage/help.ts";
import { common, milliseconds } from "../usage/options.ts";

interface Options {
  readonly timeout: number;
}

const ONE_HOUR = 3_600_000;

export const bench = (program: Command) =>
  does<Options>(
    helped(
      common(program.command("bench").argument("[topology]"), { events: true }).option(
        "--timeout <DURATION>",
        "limit of the whole benchmark (1h)",
        milliseconds,
        ONE_HOUR,
      ),
      {
        sentence: "Run vllm bench serve against the proxy, and see whether KV moved for every request.",
        after: [
          "Examples",
          "  pdctl bench --set bench.args.num-prompts=200 --set bench.args.dataset-name=random",
          "  pdctl bench --json                                vLLM's own result file is bench.result in it",
        ],
      },
    ),
    async (call) => {
      const [{ attended }, { onSound }, { topologyOf }] = await Promise.all([
        import("../run/attend.ts"),
        import("../subject/sound.ts"),
        import("../subject/standing.ts"),
      ]);
      return onSound(call, { argument: await topologyOf(call, call.args[0]) }, async (sound) => {
        const ask = await benchAsk(call, sound);
        return attended(call, async (run) => (await import("../../cluster/index.ts")).bench(ask, run));
      });
    },
  );

async function benchAsk({ options, env }: Call<Options>, sound: Sound) {
  const { topology, plan, file } = sound;
  runnable(sound);
  const [planned, { secretsOf }] = await Promise.all([import("../../plan/index.ts"), import("../subject/sound.ts")]);
  return {
    topology,
    plan,
    planWith: (facts: readonly Facts[]) => planned.plan(topology, facts),
    file,
    secrets: secretsOf(topology, env).present,
    limitMs: options.timeout,
  };
}

/** What vllm bench serve needs: flags of its own, and a real vLLM that the node can call. */
function runnable({ file, topology, plan }: Sound): void {
  const first = topology.instances.find(({ role }) => role === "prefill")?.engine;
  const lack = (what: string, next: string) => new UserError("usage", { what, next });
  if (topology.bench === undefined)
    throw lack(
      `${file} has no bench: bench.args are the flags of vllm bench serve`,
      "pdctl bench --set bench.args.num-prompts=64",
    );
  if (first?.kind === "sim")
    throw lack(
      `the engines of ${file} are stand-ins: vllm bench serve comes with real vLLM (engine.kind: vllm)`,
      "pdctl smoke",
    );
  const engine = plan.services.find(({ node, role }) => role === "prefill" && node === plan.bench?.node);
  if (engine === undefined || "image" in engine.runtime || "container" in engine.runtime)
    throw lack(
      `the engines of ${file} are in containers, and vllm bench serve needs vLLM on ${plan.bench?.node ?? "a node"} itself; its command line is bench.argv of the plan, to be run inside`,
      "pdctl plan --json",
    );
}
