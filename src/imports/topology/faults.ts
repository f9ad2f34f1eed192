import { isIP } from "node:net";
import type { Voice } from "../remark.ts";
import type { SetUp } from "../setup.ts";
import type { Serving } from "./instances.ts";

/** What a source gets wrong between its parts. Source: launch.md §0. */
export function faults(setUp: SetUp, all: readonly Serving[], voice: Voice): void {
  ports(all, voice);
  names(all, voice);
  context(setUp, voice);
  types(all, voice);
  channels(all, voice);
}

/** Side channels are counted on from the first of each role on a node, each instance with its whole span. */
function channels(all: readonly Serving[], voice: Voice): void {
  const next = new Map<string, number>();
  for (const { role, engines, nodes } of all) {
    const [{ sideChannel, group }] = engines;
    const keys = nodes.map((node) => `${role} ${node}`);
    const expected = Math.max(0, ...keys.map((key) => next.get(key) ?? 0)) || sideChannel?.value;
    if (expected === undefined) continue;
    if (sideChannel !== undefined && sideChannel.value !== expected)
      voice.changed(
        sideChannel.at,
        `VLLM_NIXL_SIDE_CHANNEL_PORT=${sideChannel.value}`,
        `${expected}: instances of a role on a machine count on from the first`,
      );
    for (const key of keys) next.set(key, expected + group.dp * group.tp);
  }
}

/** One group counts its own ports from one base. */
function ports(all: readonly Serving[], voice: Voice): void {
  for (const { engines } of all) {
    const [first, ...more] = engines;
    const other = more.find((engine) => kvPort(engine) !== kvPort(first));
    if (other !== undefined && kvPort(other) !== undefined)
      voice.fault(
        other.kv?.at ?? other.at,
        `kv_port ${kvPort(other)}`,
        `the connector adds the rank by itself, so ${kvPort(first)} of line ${first.kv?.at.line} counts twice: one number serves the whole group`,
      );
  }
}

type Value = Readonly<Record<string, unknown>>;
function kvPort({ kv }: { readonly kv?: { readonly value: Value } }): unknown {
  const extra = kv?.value["kv_connector_extra_config"];
  const inner =
    typeof extra === "object" && extra !== null && "connectors" in extra && Array.isArray(extra.connectors)
      ? extra.connectors
      : [];
  return kv?.value["kv_port"] ?? inner.map((each: Value) => each["kv_port"]).find((port) => port !== undefined);
}

function names(all: readonly Serving[], voice: Voice): void {
  for (const { engines } of all)
    for (const { group } of engines)
      if (group.address !== undefined && isIP(group.address.value) === 0 && !/[⟨$]/.test(group.address.value))
        voice.fault(
          group.address.at,
          `--data-parallel-address ${group.address.value}`,
          "binding by name fails in some releases; pdctl writes the ip of the node",
        );
}

/** Prompts of the benchmark have to fit. */
function context({ benches, engines }: SetUp, voice: Voice): void {
  for (const { args, at } of benches) {
    const asked = Number(args["random-input-len"] ?? 0) + Number(args["random-output-len"] ?? 0);
    const most = Math.min(
      ...engines
        .map((engine) => Number(engine.args.get("max-model-len")?.value ?? Number.NaN))
        .filter((n) => !Number.isNaN(n)),
    );
    if (Number.isFinite(most) && asked > most)
      voice.fault(
        at,
        "vllm bench serve",
        `it asks for ${asked} tokens and --max-model-len is ${most}: the answer is 400; raise the one or lower the other`,
        "kept",
      );
  }
}

/** Blocks that another engine wrote are read as its own type. */
function types(all: readonly Serving[], voice: Voice): void {
  for (const {
    engines: [engine],
  } of all) {
    const shares =
      JSON.stringify(engine.kv?.value ?? {}).includes("UCMConnector") &&
      !JSON.stringify(engine.kv?.value).includes("Mooncake");
    if (shares && !engine.args.has("dtype"))
      voice.fault(
        engine.at,
        "--dtype",
        "it is not written, and auto may differ between platforms that share blocks: write dtype under engine.args",
        "kept",
      );
  }
}
