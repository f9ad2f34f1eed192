import { expect, it } from "vitest";
import { causesOf, readLog } from "../../../src/diagnose/index.ts";

const started =
  "I1120 15:04:05.706961   131 master.cpp:1522] Master service started on port 50088, max_threads=2, metrics_port=9003, kv_events_bind_endpoint=, rpc_port=50088";

/** What mooncake_master 0.3.13.post1 wrote when it was started so, less the stack. */
const written = [
  [
    "--eviction_ratio 2",
    "master-flag",
    "F1120 15:00:29.229115  6293 master.cpp:173] Mem eviction ratio must be between 0.0 and 1.0",
  ],
  ["--nope 1", "master-flag", "ERROR: unknown command line flag 'nope'"],
  [
    "--default_kv_lease_ttl x",
    "master-flag",
    "ERROR: failed validation of new value 'x' for flag 'default_kv_lease_ttl'",
  ],
  [
    "--eviction_high_watermark_ratio 7",
    "master-flag",
    "E1120 15:00:30.893864  6423 master_service.cpp:302] Eviction high watermark ratio must be between 0.0 and 1.0, current value: 7",
  ],
  [
    "--memory_allocator foo",
    "master-flag",
    "F1120 15:00:45.615952  7122 master.cpp:1476] Invalid memory allocator: foo, must be 'cachelib' or 'offset'",
  ],
  [
    "--metrics_port of another",
    "master-port",
    "E1120 15:00:29.229115  6293 master_admin_service.cpp:310] Failed to start master admin server on 0.0.0.0:9014: Address already in use",
  ],
] as const;

it.each(written)("a mooncake_master that was given %s has its cause on the card", (_, id, line) => {
  const { cause, why } = readLog([started, line], causesOf(["mooncake-ascend"]));
  expect(cause?.id).toBe(id);
  expect(why[0]).toBe(line);
});

it("a mooncake_master that has only said that it started has no cause yet", () => {
  expect(readLog([started], causesOf(["mooncake-ascend"])).cause).toBeUndefined();
});
