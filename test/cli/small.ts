import { join } from "node:path";

export const topology = join(import.meta.dirname, "../../topologies/local.yaml");

/** One prefill and one decode of topologies/local.yaml, on ports from `base` on: below the range that the kernel draws from. */
export const small = (name: string, base: number): string[] =>
  [
    `name=${name}`,
    "prefill.instances=1",
    "decode.instances=1",
    `proxy.port=${base}`,
    `prefill.port=${base + 1}`,
    `decode.port=${base + 5}`,
    `kv.transfer.side_channel_port=${base + 10}`,
  ].flatMap((set) => ["--set", set]);
