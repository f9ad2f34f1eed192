import type { Faults } from "../faults.ts";

export type PlatformName = "cuda" | "rocm" | "gaudi" | "ascend" | "cpu";

export interface Platform {
  readonly name: PlatformName;
  /** What vLLM calls the device type. */
  readonly device: "cuda" | "hpu" | "npu" | "cpu";
  /** The visible devices, or undefined when no variable limits them. */
  readonly devices: readonly string[] | undefined;
  readonly defaultBlockSize: number;
  readonly kvLayout: "HND" | "NHD";
}

const platforms: readonly {
  name: PlatformName;
  device: Platform["device"];
  variables: readonly string[];
  block: number;
  layout: "HND" | "NHD";
}[] = [
  { name: "ascend", device: "npu", variables: ["ASCEND_RT_VISIBLE_DEVICES"], block: 128, layout: "NHD" },
  { name: "gaudi", device: "hpu", variables: ["HABANA_VISIBLE_MODULES"], block: 128, layout: "NHD" },
  { name: "rocm", device: "cuda", variables: ["HIP_VISIBLE_DEVICES"], block: 16, layout: "HND" },
  { name: "cuda", device: "cuda", variables: ["CUDA_VISIBLE_DEVICES"], block: 16, layout: "HND" },
  { name: "cpu", device: "cpu", variables: [], block: 128, layout: "NHD" },
];

/** There is no accelerator to ask: the visibility variable says which platform plugin would have been loaded. Source: launch.md §1.6. */
export function platformOf(env: NodeJS.ProcessEnv, { hardware }: Faults): Platform {
  const found =
    platforms.find(({ name }) => name === hardware) ??
    platforms.find(({ variables }) => variables.some((variable) => env[variable] !== undefined));
  const { name, device, variables, block, layout } = found ?? {
    name: "cpu" as const,
    device: "cpu" as const,
    variables: [],
    block: 128,
    layout: "NHD" as const,
  };
  const listed = variables.map((variable) => env[variable]).find((value) => value !== undefined);
  const wanted = env.VLLM_KV_CACHE_LAYOUT;
  return {
    name,
    device,
    devices: listed
      ?.split(",")
      .map((id) => id.trim())
      .filter((id) => id !== ""),
    defaultBlockSize: block,
    kvLayout: wanted === "HND" || wanted === "NHD" ? wanted : layout,
  };
}
