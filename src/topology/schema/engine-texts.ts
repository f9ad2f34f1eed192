import type { KeyText } from "./texts.ts";

/** Keys of `engine`, which prefill, decode and instances have too. */
export const engineTexts: Readonly<Record<string, KeyText>> = {
  engine: {
    says: "What all instances share; any of these keys may stand under prefill, decode and an instance too, the nearest wins.",
  },
  "engine.kind": { says: "vllm, or sim: the stand-in without an accelerator.", unset: "vllm" },
  "engine.versions": {
    says: "Releases, for a plan before the nodes are asked; what they say goes before it.",
    unset: "what the image's tag says, else what is right for every release",
  },
  "engine.versions.vllm": { says: "Release of vllm." },
  "engine.versions.vllm-ascend": { says: "Release of vllm-ascend." },
  "engine.versions.vllm-gaudi": { says: "Release of vllm-gaudi." },
  "engine.versions.nixl": { says: "Release of nixl." },
  "engine.versions.rixl": { says: "Release of rixl." },
  "engine.versions.mooncake": { says: "Release of mooncake." },
  "engine.versions.ucm": { says: "Release of ucm." },
  "engine.command": { says: "In the place of vllm serve.", example: ["vllm", "serve"] },
  "engine.venv": { says: "Virtual environment on the node; its bin comes first in PATH.", example: "/opt/vllm" },
  "engine.runtime": { says: "Where engines run: plain processes, a container each, or a container that runs already." },
  "engine.runtime.kind": { says: "process, systemd (a unit each), docker or podman.", unset: "process" },
  "engine.runtime.scope": {
    says: "Whose service manager: the user's, which needs linger, or the system's, by sudo.",
    unset: "user",
    example: "system",
  },
  "engine.runtime.image": { says: "One container per engine from this image.", example: "vllm/vllm-openai:v0.12.0" },
  "engine.runtime.pull": {
    says: "When `up` pulls the image: missing, where a node has none; always, with every `up`; never, only what is there is run.",
    unset: "missing",
    example: "never",
  },
  "engine.runtime.container": { says: "Engines enter this running container.", example: "vllm-dev" },
  "engine.runtime.privileged": { says: "With --privileged.", unset: "false" },
  "engine.runtime.cap_add": { says: "Capabilities.", example: ["IPC_LOCK"] },
  "engine.runtime.mounts": { says: "Paths, or FROM:TO.", example: ["/data"] },
  "engine.runtime.options": { says: "Further words of docker run.", example: ["--shm-size", "16g"] },
  "engine.bind": {
    says: "Address of the HTTP listener.",
    unset: "0.0.0.0; 127.0.0.1 for a cluster on this machine alone",
  },
  "engine.port": { says: "HTTP port of the first engine on a node; the next ones follow.", unset: "8100" },
  "engine.kv_events_port": {
    says: "First port of KV events, one for each rank; writes --kv-events-config.",
    unset: "no events",
    example: 5557,
  },
  "engine.vllm_port": {
    says: "First port of blocks of 100, one for each process, from which the engine takes its random ports (VLLM_PORT).",
    unset: "the kernel's choice",
    example: 21000,
  },
  "engine.kv_layout": { says: "Layout of the KV cache.", unset: "the engine's own" },
  "engine.parallel": { says: "How an instance is cut into ranks and devices." },
  "engine.parallel.tp": { says: "Tensor parallel size.", unset: "1", example: 8 },
  "engine.parallel.pp": { says: "Pipeline parallel size.", unset: "1" },
  "engine.parallel.pcp": { says: "Prefill context parallel size.", unset: "1" },
  "engine.parallel.dcp": { says: "Decode context parallel size; shares the devices of tp.", unset: "1" },
  "engine.parallel.dp": { says: "Data parallel size over all nodes of the instance.", unset: "1", example: 16 },
  "engine.parallel.dp_local": {
    says: "Ranks on each node: a number, or a list with one for each node where they differ.",
    unset: "dp over the nodes",
    example: [8, 4],
  },
  "engine.parallel.dp_lb": {
    says: "Who balances between ranks: internal (one endpoint), hybrid (one per node), external (one per rank).",
    unset: "internal",
    example: "external",
  },
  "engine.parallel.expert_parallel": {
    says: "true or false write the flag or its negative.",
    unset: "nothing is written",
  },
  "engine.parallel.rpc_port": { says: "Where the ranks of an instance meet.", unset: "29550" },
  "engine.parallel.master_port": { says: "Where the parts of an engine that spans nodes meet.", unset: "29501" },
  "engine.args": {
    says: "vLLM's own flags: true, false, texts, lists; a map is one JSON argument; null takes an inherited one out. Speculative decoding, LoRA, parsers and NUMA flags are plain flags here.",
    example: { "max-model-len": 32768, "speculative-config": { method: "ngram", num_speculative_tokens: 3 } },
  },
  "engine.argv": { says: "Words, verbatim behind everything else.", example: ["--enable-log-requests"] },
  "engine.env": {
    says: "Variables: a text, or { prepend, append } for a path list; ${NAME} is filled in on the node, ${env:NAME} from your environment.",
    example: { HF_HOME: "${HOME}/hf" },
  },
  "engine.prelude": { says: "Bash, sourced before the environment is set.", example: "ulimit -c 0\n" },
};
