import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Plan, Service } from "../../src/plan/plan.ts";
import { planned, references } from "./planned.ts";
import { flagsOf, scriptOf, serviceView } from "./view.ts";

const het = "cuda-gaudi-nixl";
const gb200 = "gb200-deepseek-nixl";
const moe = "ascend-moe-mooncake";
const dense = "ascend-dense-mooncake";

const engines = (name: string): readonly Service[] => planned(name).plan.services.filter(({ kind }) => kind === "engine");
const views = (name: string) => engines(name).map(({ id }) => serviceView(planned(name).plan, id));
const of = (name: string, id: string) => serviceView(planned(name).plan, id);

/** What the reference documents get wrong and pdctl must not repeat: one test per row. Source: launch.md §0. */
describe("a user does not inherit the faults of the documents", () => {
  it("000: the model goes into the smoke body as JSON, not as shell text", () => {
    const { body } = planned(het).plan.smoke;
    expect(JSON.parse(JSON.stringify(body))).toMatchObject({ model: "Qwen/Qwen3-0.6B" });
  });
  it("000: the proxy listens where other machines reach it", () => {
    expect(of(het, "proxy").proxy).toMatchObject({ bind: "0.0.0.0" });
  });
  it("000: the side-channel port is written and reserved", () => {
    const { plan } = planned(het);
    for (const view of views(het)) {
      expect(view.env["VLLM_NIXL_SIDE_CHANNEL_PORT"]).toBe("5600");
      expect(plan.reservations[view.node]).toContainEqual(expect.objectContaining({ first: 5600, purpose: "side_channel" }));
    }
  });
  it("000: Gaudi is told of the other layout, and that memory is the device's", () => {
    expect(of(het, "decode-0-0").env).toMatchObject({ VLLM_HPU_HETERO_KV_LAYOUT: "true", VLLM_NIXL_DEVICE_TO_DEVICE: "1" });
  });
  it("001: TP size 8 in the table is TP1 with DP8", () => {
    for (const { flags } of views(gb200)) expect(flags).toMatchObject({ "--tensor-parallel-size": "1", "--data-parallel-size": "8", "--enable-expert-parallel": true });
  });
  it("001: the model is the one positional argument", () => {
    for (const { argv, flags } of views(gb200)) {
      expect(flags).not.toHaveProperty("--model");
      expect(argv[2]).toBe("nvidia/DeepSeek-R1-0528-FP4-v2");
    }
  });
  it("001: a JSON argument is one element and parses as it stands", () => {
    for (const { argv } of views(gb200)) {
      const json = argv[argv.indexOf("--kv-transfer-config") + 1] ?? "";
      expect(JSON.parse(json)).toMatchObject({ kv_connector: "NixlConnector" });
      expect(json).not.toMatch(/['\\]/);
    }
  });
  it("001: no dotted flag beside a JSON one, so cudagraph_mode is not lost", () => {
    for (const { argv } of views(gb200)) expect(argv.filter((word) => /^--[\w-]+\./.test(word))).toEqual([]);
    expect(of(gb200, "decode-0-0").flags["--compilation-config"]).toMatchObject({ cudagraph_mode: "FULL_DECODE_ONLY", custom_ops: expect.any(Array) });
  });
  it("001: --swap-space, which newer versions refuse, is not there", () => {
    for (const { flags } of views(gb200)) expect(flags).not.toHaveProperty("--swap-space");
  });
  it("001: the lease has the name of each version as long as the version is unknown", () => {
    for (const { env, kv } of views(gb200)) {
      expect(env["VLLM_NIXL_ABORT_REQUEST_TIMEOUT"]).toBe("300");
      expect(kv).toMatchObject({ kv_connector_extra_config: { kv_lease_duration: 300 } });
    }
  });
  it("001: the side-channel host is a literal address", () => {
    for (const { env, ip } of views(gb200)) expect(env["VLLM_NIXL_SIDE_CHANNEL_HOST"]).toBe(ip);
  });
  it("001: the benchmark's requests fit into the context", () => {
    const flags = flagsOf((planned(gb200).plan.bench?.argv ?? []).slice(3));
    const needs = Number(flags["--random-input-len"]) + Number(flags["--random-output-len"]);
    for (const view of views(gb200)) expect(Number(view.flags["--max-model-len"])).toBeGreaterThanOrEqual(needs);
  });
  it("001: the data-parallel address is an address, not a name", () => {
    for (const { flags } of views(gb200)) expect(flags["--data-parallel-address"]).toMatch(/^10\.0\.1\.\d+$/);
  });
  it("002: two engines of one host have a device each", () => {
    expect(views("ucm-1p1d").map(({ devices }) => devices)).toEqual([["0"], ["1"]]);
  });
  it("002: every engine has the same hash seed", () => {
    for (const { env } of views("ucm-xpyd")) expect(env["PYTHONHASHSEED"]).toBe("123456");
  });
  it("002: the proxy sends to prefill and decode, across platforms too", () => {
    const { targets, services } = planned("ucm-cross-platform").plan;
    expect(targets.map(({ role }) => role)).toEqual(["prefill", "decode"]);
    expect(of("ucm-cross-platform", "proxy").proxy).toMatchObject({ family: "shared-store", targets });
    expect(services.filter(({ kind }) => kind === "proxy")).toHaveLength(1);
  });
  it("002: dtype is written on every engine", () => {
    for (const name of ["ucm-1p1d", "ucm-cross-platform", "ucm-xpyd"]) for (const { flags } of views(name)) expect(flags["--dtype"]).toBe("bfloat16");
  });
  it("003: one TP8 instance on each side, not four small ones", () => {
    expect(views("mi300x-llama-nixl").map(({ flags, devices }) => [flags["--tensor-parallel-size"], devices.length])).toEqual([["8", 8], ["8", 8]]);
  });
  it("003: a threshold of 0 is refused instead of read in one of two ways", () => {
    expect(planned("variants/mi300x-threshold-0").findings).toContainEqual(expect.objectContaining({ code: "R08", level: "error" }));
  });
  it("004: HTTP ports are base + i, not a running sum", () => {
    const ports = views("variants/moe-16-moved").filter(({ group, node }) => group === "prefill-0" && node === "a2-1").map(({ flags }) => flags["--port"]);
    expect(ports).toEqual(["9000", "9001", "9002", "9003"]);
  });
  it("004: kv_port is one constant per group, and base + j·W for independent instances", () => {
    expect(views(moe).filter(({ group }) => group === "decode-0").map(({ kv }) => (kv as { kv_port: number }).kv_port)).toEqual([28001, 28001, 28001, 28001]);
    expect(["decode-0-0", "decode-1-0"].map((id) => (of(dense, id).kv as { kv_port: number }).kv_port)).toEqual([28001, 28005]);
  });
  it("004: an engine sees its own devices and no others, on a node that is not full too", () => {
    for (const { devices, env } of views("variants/moe-dp-2")) expect([devices, env["ASCEND_RT_VISIBLE_DEVICES"]]).toEqual([["0", "1", "2", "3"], "0,1,2,3"]);
  });
  it("004: no kv_port lies where the transfer engine draws at random", () => {
    for (const name of [moe, dense]) for (const { listens } of views(name)) for (const port of listens["kv"] ?? []) expect(port).toBeGreaterThanOrEqual(28001);
    expect(planned("variants/moe-20001").findings).toContainEqual(expect.objectContaining({ code: "N03" }));
  });
  it("004: MOONCAKE_CONFIG_PATH does not depend on the working directory", () => {
    for (const name of [moe, dense]) for (const { env } of views(name)) expect(env["MOONCAKE_CONFIG_PATH"]).toMatch(/^(\/|<fact:home@)/);
  });
  it("004: the engine is the process that the script becomes, and nothing is piped into tee", () => {
    const { plan } = planned(moe);
    for (const service of engines(moe)) expect(scriptOf(plan, service).trim().split("\n").at(-1)).toMatch(/^exec /);
    expect(readFileSync(new URL("../../templates/launch/launch.sh", import.meta.url), "utf8")).not.toMatch(/\btee\b/);
  });
  it("004: prefill has both connectors, decode one, as the document means it", () => {
    expect(of(moe, "prefill-0-0").kv).toMatchObject({ kv_connector: "MultiConnector", kv_connector_extra_config: { connectors: [{ kv_role: "kv_producer" }, { kv_role: "kv_both" }] } });
    expect(of(moe, "decode-0-0").kv).toMatchObject({ kv_connector: "MooncakeConnectorV1", kv_role: "kv_consumer" });
  });
  it("004: --quantization None is left out", () => {
    for (const { flags } of views(dense)) expect(flags).not.toHaveProperty("--quantization");
  });
});

/** Source: seed-lines.md §6. */
describe.each(references.map((name) => [name] as const))("nowhere in %s", (name) => {
  const text = (plan: Plan) => JSON.stringify({ ...plan, overrides: null });
  const { plan } = planned(name);
  const argvs = engines(name).map(({ argv }) => argv);

  it("--model in an engine's command", () => {
    for (const argv of argvs) expect(argv).not.toContain("--model");
  });
  it("--swap-space", () => {
    expect(text(plan)).not.toContain("swap-space");
  });
  it("--data-parallel-start-rank 0, which turns hybrid on", () => {
    for (const argv of argvs) expect(flagsOf(argv.slice(3))["--data-parallel-start-rank"]).not.toBe("0");
  });
  it("two load-balancing modes on one engine", () => {
    const modes = ["--data-parallel-hybrid-lb", "--data-parallel-rank", "--data-parallel-external-lb", "--data-parallel-multi-port-external-lb", "--headless"];
    for (const argv of argvs) expect(argv.filter((word) => modes.includes(word)).length).toBeLessThanOrEqual(1);
  });
  it("a loopback address where others must reach it", () => {
    const loopback = /localhost|127\.0\.0\.1/;
    expect(JSON.stringify(plan.targets)).not.toMatch(loopback);
    for (const { kv, env, flags } of views(name)) expect(JSON.stringify([kv ?? null, env["VLLM_NIXL_SIDE_CHANNEL_HOST"] ?? null, flags["--data-parallel-address"] ?? null])).not.toMatch(loopback);
  });
  it("a ./ path", () => {
    for (const { argv, env, files } of views(name)) expect(JSON.stringify([argv, env, files])).not.toMatch(/(^|["=: ,[])\.\//);
  });
  it("--quantization None", () => {
    for (const argv of argvs) expect(flagsOf(argv.slice(3))["--quantization"]).not.toBe("None");
  });
  it("a kv_port in 20000-28000 on an ascend node", () => {
    for (const { hardware, listens } of views(name)) for (const port of hardware === "ascend" ? (listens["kv"] ?? []) : []) expect(port < 20000 || port > 28000, String(port)).toBe(true);
  });
  it("a device twice on a node", () => {
    const all = engines(name).flatMap(({ node, devices }) => devices.map((id) => `${node} ${id}`));
    expect(new Set(all).size).toBe(all.length);
  });
  it("a listener twice on a node", () => {
    const all = plan.services.flatMap(({ node, listens }) => listens.map(({ port }) => `${node} ${port}`));
    expect(new Set(all).size).toBe(all.length);
  });
  it("another PYTHONHASHSEED, or none", () => {
    const seeds = views(name).map(({ env }) => env["PYTHONHASHSEED"]);
    expect(new Set(seeds).size).toBe(1);
    expect(seeds[0]).toMatch(/^\d+$/);
  });
  it("a placeholder of a document", () => {
    const known = text(plan).replaceAll(/<fact:[a-z]+@[a-z0-9-]+>/g, "");
    expect(known).not.toMatch(/\{[A-Z][A-Z_0-9]*\}/);
    expect(known).not.toMatch(/<[A-Za-z_-]+>/);
  });
  it("tee, eval or pkill in a script", () => {
    for (const service of plan.services) expect(scriptOf(plan, service)).not.toMatch(/\b(tee|eval|pkill)\b/);
  });
  it("an error or a warning", () => {
    expect(planned(name).findings.filter(({ level }) => level !== "note")).toEqual([]);
  });
});
