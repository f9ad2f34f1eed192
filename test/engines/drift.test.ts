import { describe, expect, it } from "vitest";
import { drift as ascendStore } from "../../src/connectors/ascend-store/drift.ts";
import { drift as example } from "../../src/connectors/example/drift.ts";
import { drift as mooncake, portsPerDevice } from "../../src/connectors/mooncake-ascend/drift.ts";
import { drift as nixl } from "../../src/connectors/nixl/drift.ts";
import { drift as offloading } from "../../src/connectors/offloading/drift.ts";
import { drift as engines, replacements } from "../../src/engines/drift.ts";
import { flags, history, releases } from "../../src/engines/index.ts";
import { era } from "../../src/era.ts";
import { drift as hardware } from "../../src/hardware/drift.ts";
import { plan } from "../../src/plan/index.ts";
import type { Service } from "../../src/plan/plan.ts";
import { names, topologyOf } from "../plan/topologies.ts";

const all = [...engines, ...nixl, ...mooncake, ...ascendStore, ...example, ...offloading, ...hardware];

const enginesOf = (name: string, vllm: string | undefined, more: readonly string[] = []): readonly Service[] => {
  const set = [...more, ...(vllm === undefined ? [] : [`engine.versions.vllm=${vllm}`])];
  return plan(topologyOf(name, ...set)).plan.services.filter(({ kind }) => kind === "engine");
};

const kvOf = ({ argv }: Service) => JSON.parse(argv[argv.indexOf("--kv-transfer-config") + 1] ?? "{}");

describe("what changed between releases (launch.md §12)", () => {
  it.each(all.map((row) => [row.what, row] as const))("%s: the old way ends before the new begins", (_, row) => {
    expect(row.until === undefined || era(row.until, row)).toBe("old");
    expect(era(row.since, row)).toBe("new");
    for (const version of [undefined, "main"]) expect(era(version, row)).toBe("unknown");
  });

  it("what replaces a flag is a flag of the newest release, and the flag itself is not", () => {
    for (const [name, instead] of Object.entries(replacements)) {
      const [flag = ""] = instead.replace(/^no-/, "").split(" ");
      expect(flags.get(flag)?.until, instead).toBeUndefined();
      expect(flags.has(flag), instead).toBe(true);
      expect(history.get(name)?.at(-1)?.until, name).toBeDefined();
    }
  });

  it("no start rank is ever 0, and the mode is said by name, whatever the release", () => {
    for (const name of names)
      for (const version of [undefined, releases[0], releases.at(-1)])
        for (const { argv } of enginesOf(name, version)) {
          const at = argv.indexOf("--data-parallel-start-rank");
          if (at < 0) continue;
          expect(Number(argv[at + 1])).toBeGreaterThan(0);
          expect(argv.some((word) => ["--data-parallel-hybrid-lb", "--headless"].includes(word))).toBe(true);
        }
  });

  it("NIXL holds KV by a variable, by a lease, or while nobody knows by both", () => {
    const set = ["kv.transfer.lease_seconds=60"];
    const written = (version: string | undefined) =>
      enginesOf("gb200-deepseek-nixl", version, set).map((service) => [
        service.env["VLLM_NIXL_ABORT_REQUEST_TIMEOUT"] !== undefined,
        kvOf(service).kv_connector_extra_config?.kv_lease_duration !== undefined,
      ])[0];
    expect(["0.21.0", undefined, "0.33.0"].map(written)).toEqual([
      [true, false],
      [true, true],
      [false, true],
    ]);
  });

  it("a role that a release has deprecated is written no more, unless it was asked for", () => {
    const roles = (version: string | undefined, set: readonly string[] = []) => [
      ...new Set(enginesOf("gb200-deepseek-nixl", version, set).map((service) => kvOf(service).kv_role)),
    ];
    expect(roles(undefined)).toEqual(["kv_both"]);
    expect(roles("0.22.1")).toEqual(["kv_both"]);
    expect(roles("0.23.0")).toEqual(["kv_producer", "kv_consumer"]);
    expect(roles("0.23.0", ["kv.transfer.kv_role=kv_both"])).toEqual(["kv_both"]);
    expect(roles("0.23.0", ["kv.transfer.extra.bidirectional_kv_xfer=true"])).toEqual(["kv_both"]);
  });

  it("the side-channel port is written, and has room for the older formula too", () => {
    for (const version of [undefined, "0.10.2", "0.33.0"])
      for (const { env, reserves } of enginesOf("cuda-gaudi-nixl", version)) {
        expect(Number(env["VLLM_NIXL_SIDE_CHANNEL_PORT"])).toBeGreaterThan(1023);
        expect(reserves.length).toBeGreaterThan(0);
      }
  });

  it("the transfer engine's ports are reserved as far as a release may draw them", () => {
    expect([undefined, "0.3.8", "0.3.9"].map(portsPerDevice)).toEqual([1000, 1000, 100]);
  });

  it("a variable that a release reads no more is left out of its environment, and said", () => {
    const name = "VLLM_USE_FLASHINFER_MOE_FP4";
    const has = (version: string | undefined) =>
      enginesOf("gb200-deepseek-nixl", version).some(({ env }) => name in env);
    expect([undefined, "0.23.0", "0.24.0"].map(has)).toEqual([true, true, false]);
    const { findings } = plan(topologyOf("gb200-deepseek-nixl", "engine.versions.vllm=0.24.0"));
    expect(findings.filter(({ code }) => code === "C07").map(({ level, remedy }) => `${level}: ${remedy}`)).toContain(
      "note: write --moe-backend instead",
    );
  });
});
