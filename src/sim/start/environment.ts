import { Fatal, raised } from "../fatal.ts";

/** What Python and vLLM refuse in the environment before they look at a flag. Source: launch.md §1.6, §1.8, §3.8. */
export function checkEnvironment(env: NodeJS.ProcessEnv): void {
  const { PYTHONHASHSEED: seed = "0", VLLM_PORT: port = "0" } = env;
  if (seed !== "random" && !(/^\d+$/.test(seed) && Number(seed) <= 0xffffffff)) {
    const words = 'PYTHONHASHSEED must be "random" or an integer in range [0; 4294967295]';
    throw new Fatal([`Fatal Python error: config_init_hash_seed: ${words}`, "Python runtime state: preinitialized"], 1);
  }
  if (!/^\d+$/.test(port)) {
    const why = /^\w+:\/\//.test(port)
      ? "appears to be a URI. This may be caused by a Kubernetes service discovery issue"
      : "must be a valid integer";
    throw raised("ValueError", `VLLM_PORT '${port}' ${why}`);
  }
  const { HIP_VISIBLE_DEVICES: hip, CUDA_VISIBLE_DEVICES: cuda } = env;
  if (hip && cuda && hip !== cuda) {
    throw raised(
      "ValueError",
      `Inconsistent GPU visibility env vars: HIP_VISIBLE_DEVICES='${hip}' vs CUDA_VISIBLE_DEVICES='${cuda}'. Please set only one, or ensure they match.`,
    );
  }
}
