import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { expect, it } from "vitest";
import { told } from "../../told.ts";

const home = fileURLToPath(new URL("../../../topologies/", import.meta.url));
const files = readdirSync(home).filter((name) => name.endsWith(".yaml"));
const role = fc.constantFrom("engine", "prefill", "decode");
const set = (key: string, ...values: (string | number)[]) =>
  fc.constantFrom(...values).map((value) => `${key}=${value}`);
const ofRole = (key: string, ...values: (string | number)[]) =>
  fc.tuple(role, fc.constantFrom(...values)).map(([name, value]) => `${name}.${key}=${value}`);

const change = fc.oneof(
  ...["tp", "pp", "pcp", "dp", "dp_local"].map((key) => ofRole(`parallel.${key}`, 1, 2, 3, 8, 1000)),
  ofRole("parallel.dp_lb", "internal", "hybrid", "external"),
  ofRole("port", 80, 9003, 20001, 65535),
  ofRole("argv", "[--headless]", "[-dpn, 2]", "[--data-parallel-rank=x]", "[--kv-transfer-config, '{']", "[-]"),
  ofRole("args.block-size", 0, 16, 100, 128, "x", "true"),
  ofRole("env.UCX_TLS", "^", "all", '""', "{prepend: [a]}"),
  ofRole("env.ASCEND_BASE_PORT", "x", 30000),
  set("model.kind", "moe", "dense"),
  set("prefill.devices", "[0]", "[3, 3]", "[9]"),
  set("proxy.kind", "vllm-router", "ucm-toy", "ascend-layerwise"),
  set("proxy.port", 80, 9000, 28005, 65535),
  set("kv.transfer.extra", "{prefill: {dp_size: 3}}", "{decode: 3}", "{engine_id: a}", "{UCM_CONFIG_FILE: x}"),
  set("nodes[0].host", "local", "127.0.0.1", "10.0.0.300"),
  set("nodes[0].hardware", "none", "ascend", "gaudi"),
);

it("whatever a user writes is answered in words, never by a rule that breaks", { timeout: 20_000 }, () => {
  fc.assert(
    fc.property(fc.constantFrom(...files), fc.array(change, { minLength: 1, maxLength: 4 }), (file, changes) => {
      for (const { title, caret = "", also, remedy } of told(`${home}${file}`, { set: changes }))
        expect([title, caret, ...also, ...remedy].join(" ")).not.toMatch(/undefined|NaN|Infinity|\[object|\uE000/);
    }),
    { numRuns: 80 },
  );
});
