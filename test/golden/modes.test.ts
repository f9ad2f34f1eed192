import { describe, expect, it } from "vitest";
import { planned } from "./planned.ts";
import { serviceView } from "./view.ts";

const MODES = /^--(data-parallel-(size-local|hybrid-lb|external-lb|rank|start-rank|address|rpc-port|size)|headless|nnodes|node-rank|master-addr|master-port|host|port)$/;

/** The flags of an engine that say how it finds the others. */
function modeOf(name: string, id: string): Record<string, unknown> {
  const { flags } = serviceView(planned(name).plan, id);
  return Object.fromEntries(Object.entries(flags).filter(([flag]) => MODES.test(flag)));
}
const decodeTargets = (name: string) => planned(name).plan.targets.filter(({ role }) => role === "decode");

/** The table of load-balancing modes, side by side. Source: launch.md §1.2, §1.4, §1.7. */
describe("a user gets the command lines of each way to spread an instance", () => {
  it("internal: HTTP on the head alone, the others headless with a start rank, one target for all ranks", () => {
    const name = "variants/gb200-internal";
    expect(modeOf(name, "decode-0-0")).toEqual({ "--host": "0.0.0.0", "--port": "8087", "--data-parallel-size": "8", "--data-parallel-size-local": "4", "--data-parallel-address": "10.0.1.14", "--data-parallel-rpc-port": "13345" });
    expect(modeOf(name, "decode-0-1")).toEqual({ "--headless": true, "--data-parallel-size": "8", "--data-parallel-size-local": "4", "--data-parallel-start-rank": "4", "--data-parallel-address": "10.0.1.14", "--data-parallel-rpc-port": "13345" });
    expect(decodeTargets(name)).toEqual([{ url: "http://10.0.1.14:8087", role: "decode", slots: 8 }]);
    expect(serviceView(planned(name).plan, "decode-0-1").ready).toEqual(["alive"]);
    expect(planned(name).findings).toEqual([]);
  });

  it("hybrid with one rank per node: rendered as what vLLM makes of it, external", () => {
    const name = "variants/gb200-one-rank-each";
    expect(modeOf(name, "decode-0-1")).toEqual({ "--host": "0.0.0.0", "--port": "8087", "--data-parallel-size": "2", "--data-parallel-rank": "1", "--data-parallel-address": "10.0.1.14", "--data-parallel-rpc-port": "13345" });
    expect(decodeTargets(name).map(({ slots }) => slots)).toEqual([1, 1]);
    expect(planned(name).findings.map(({ code, level }) => `${code} ${level}`)).toEqual(["P09 warning"]);
  });

  it("hybrid on one node: plain, without a mode flag", () => {
    const name = "variants/gb200-one-node";
    expect(modeOf(name, "decode-0-0")).not.toHaveProperty("--data-parallel-hybrid-lb");
    expect(modeOf(name, "decode-0-0")).toMatchObject({ "--data-parallel-size": "4" });
    expect(decodeTargets(name)).toEqual([{ url: "http://10.0.1.14:8087", role: "decode", slots: 4 }]);
    expect(planned(name).findings.map(({ code, level }) => `${code} ${level}`)).toEqual(["P10 warning"]);
  });

  it("one engine over two nodes: the same command with its node rank, HTTP and side channel on the first alone", () => {
    const name = "variants/mi300x-tp-16";
    const meet = { "--nnodes": "2", "--master-addr": "10.0.3.12", "--master-port": "29501" };
    expect(modeOf(name, "decode-0-0")).toEqual({ "--host": "0.0.0.0", "--port": "8200", "--node-rank": "0", ...meet });
    expect(modeOf(name, "decode-0-1")).toEqual({ "--headless": true, "--node-rank": "1", ...meet });
    expect(serviceView(planned(name).plan, "decode-0-0").devices).toHaveLength(8);
    expect(serviceView(planned(name).plan, "decode-0-1").devices).toHaveLength(8);
    expect(serviceView(planned(name).plan, "decode-0-1").listens).not.toHaveProperty("http");
    expect(decodeTargets(name)).toEqual([{ url: "http://10.0.3.12:8200", role: "decode", slots: 1 }]);
    expect(planned(name).findings).toEqual([]);
  });
});
