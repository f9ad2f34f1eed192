import { describe, expect, it } from "vitest";
import { connectors } from "../../src/connectors/index.ts";
import type { Cause } from "../../src/diagnose/cause.ts";
import { causes } from "../../src/engines/index.ts";
import { hardware } from "../../src/hardware/index.ts";

/** Lines that engines really write, with their sources; the first cause in the list that matches is what the user reads. */
const lines: readonly (readonly [source: string, line: string, cause: string, writer?: string])[] = [
  ["vllm-cpu.md §9", "OSError: [Errno 98] Address already in use", "port-taken"],
  ["vllm-cpu.md §9", "vllm: error: unrecognized arguments: --enable-warp-drive", "unknown-flag"],
  [
    "vllm-cpu.md §9",
    "vllm serve: error: argument --kv-transfer-config: 1 validation error for KVTransferConfig",
    "bad-kv-config",
  ],
  ["vllm-cpu.md §9", "  Value error, Unsupported connector type: WarpConnector", "unknown-connector"],
  [
    "vllm-cpu.md §9",
    "HFValidationError: Repo id must be in the form 'repo_name' or 'namespace/repo_name': 'nope'.",
    "model-missing",
  ],
  ["vllm-cpu.md §9", "LocalEntryNotFoundError: Cannot find an appropriate cached snapshot folder", "model-missing"],
  [
    "vllm-cpu.md §9",
    "ValueError: Available memory on node 0 (9.29/13.84 GiB) on kv cache allocation is less than requested memory for kv (100000.0 GiB).",
    "kv-memory",
  ],
  [
    "vllm-cpu.md §9",
    "RuntimeError: Engine core initialization failed. See root cause above. Failed core proc(s): {}",
    "engine-core",
  ],
  [
    "vllm-cpu.md §9",
    "ValueError: Available memory on node 0 (9.29/13.84 GiB) on kv cache allocation is less than requested memory for kv (100000.0 GiB).",
    "cpu-kv-memory",
    "cpu",
  ],
  ["vllm-cpu.md §4", "ValueError: No common block size for 16 (CPU_ATTN: [MultipleOf(32)]).", "cpu-blocks", "cpu"],
  [
    "vllm-cpu.md §6",
    "AssertionError: Not enough allowed NUMA nodes to bind threads of 2 local CPUWorkers. Allowed NUMA nodes are [0].",
    "cpu-binding",
    "cpu",
  ],
  ["vllm-cpu.md §5", "    assert num_decode_blocks <= len(prefill_group)", "nixl-ticket", "nixl"],
  ["vllm-cpu.md §5", "KeyError: 'remote_request_id'", "nixl-ticket", "nixl"],
  ["vllm-cpu.md §6", "RuntimeError: Did not receive response from front-end process within 5 minutes", "peer-silent"],
  ["launch.md §6.1", "ValueError: Non-MoE models do not support external data parallel mode", "external-dense"],
  ["launch.md §6.1", "Remote engine 4 must not use --headless in external or hybrid dp lb mode", "group-mismatch"],
  [
    "launch.md §0",
    "ValueError: Free memory on device cuda:0 (3.1/79.1 GiB) on startup is less than desired GPU memory utilization",
    "start-memory",
  ],
  ["launch.md §1.7", "World size (8) is larger than the number of available GPUs (4) in this node.", "too-few-devices"],
  ["launch.md §6.2", "ERROR NIXL compatibility hash mismatch. Local: a, Remote: b.", "nixl-compat", "nixl"],
  ["launch.md §6.2", "RuntimeError: NIXL is not available", "nixl-missing", "nixl"],
  ["launch.md §2.3", "AssertionError: Conflict engine id 0 with local engine id", "engine-id", "mooncake-ascend"],
  ["launch.md §6.1", "KV Cache sending thread failed to start.", "kv-port-taken", "mooncake-ascend"],
  ["launch.md §3.8", "RuntimeError: -50000 too small buffer(1024) on shard(4096)", "ucm-buffer", "ucm"],
  ["vllm-cpu.md §10", 'RuntimeError("Unsupported device platform for UCMDirectConnector.")', "ucm-platform", "ucm"],
  [
    "launch.md §6.1",
    "EI0006: Getting socket times out. Reason: Remote Rank did not send the data in time.",
    "hccl-peer-late",
    "ascend",
  ],
  [
    "launch.md §6.2",
    "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.",
    "device-memory",
    "cuda",
  ],
  ["launch.md §6.2", "[rank3]: Watchdog caught collective operation timeout: WorkNCCL", "collective-lost", "gb200"],
  ["bash, of any SIGKILL", "/tmp/launch.sh: line 41:  4711 Killed                  vllm serve", "killed"],
  ["Linux mm/oom_kill.c", "Out of memory: Killed process 4711 (VLLM::Worker)", "node-memory"],
  [
    "vLLM platforms/rocm.py",
    "ValueError: Inconsistent GPU visibility env vars: HIP_VISIBLE_DEVICES='0,1' vs CUDA_VISIBLE_DEVICES='2,3'. Please set only one, or ensure they match.",
    "device-variables",
    "rocm",
  ],
  ["vllm-cpu.md §5", "RuntimeError: Found no NVIDIA driver on your system", "driver", "cuda"],
];

const cases = lines.map(([source, line, wanted, writer = "vllm"]) => ({ source, line, wanted, writer }));

const causesOf = (writer: string): readonly Cause[] =>
  writer === "vllm" ? causes : ((connectors.get(writer) ?? hardware.get(writer))?.causes ?? []);

describe("the reason that a user reads", () => {
  it.each(cases)("$source: $line", ({ line, wanted, writer }) => {
    expect(causesOf(writer).find(({ pattern }) => pattern.test(line))?.id).toBe(wanted);
  });

  it("what follows from another death is marked, so that it is never named first", () => {
    for (const id of ["engine-core", "peer-silent", "rank-lost", "engine-late"])
      expect(causes.find((cause) => cause.id === id)?.follows).toBe(true);
  });

  it("an ordinary line of a healthy engine is no cause", () => {
    const healthy = [
      "INFO:     Application startup complete.",
      'INFO 10.0.0.1:0 - "GET /health HTTP/1.1" 200 OK',
      "WARNING argument --seed is deprecated",
      "INFO GPU KV cache size: 123,456 tokens",
      "INFO Started DP Coordinator process (PID: 12)",
    ];
    for (const line of healthy) expect(causes.filter(({ pattern }) => pattern.test(line))).toEqual([]);
  });
});
