import type { Standing } from "../../src/cluster/standing/standing.ts";
import type { Found, ServiceSpec, ServiceState } from "../../src/supervise/index.ts";

export const BOOT = "b0";
export const NOW = 1_000_000;

/** A service as a node lists it: alive and ready since ten seconds unless said otherwise. */
export function found(
  spec: Partial<ServiceSpec> & { service: string },
  state: ServiceState = { state: "alive", identity: { pid: 7, start: 1, boot: BOOT }, sinceMs: NOW - 10_000 },
  ready: boolean | undefined = state.state === "alive",
): Found & { node: string } {
  const engine = /^((prefill|decode)-(\w+))-\d+$/.exec(spec.service);
  const whole: ServiceSpec = {
    cluster: "c",
    generation: 1,
    kind: engine === null ? (spec.service === "proxy" ? "proxy" : "side") : "engine",
    role: (engine?.[2] as "prefill" | "decode" | undefined) ?? null,
    instance: engine?.[3] ?? null,
    group: engine?.[1] ?? spec.service,
    node: "n0",
    ranks: [],
    devices: [],
    listens: [{ port: 8000, purpose: "http", bind: "0.0.0.0" }],
    ready: [{ kind: "http", host: "10.0.0.1", port: 8000, path: "/health" }],
    runtime: { kind: "process" },
    graceMs: 1000,
    hash: `hash of ${spec.service}`,
    planHash: "p",
    scratch: [],
    peers: [],
    note: {},
    ...spec,
  };
  const rest = {
    nodeNowMs: NOW,
    logBytes: 0,
    rssBytes: 0,
    processes: 0,
    formerRuns: 0,
    keeperStarts: 0,
    runDir: `/s/runs/1/${spec.service}`,
  };
  return { spec: whole, state, node: whole.node, ...(ready !== undefined && { ready }), ...rest };
}

export function standing(
  services: readonly (Found & { node: string })[],
  nodes: Standing["nodes"] = [{ node: "n0", state: "reached" }],
  planned: readonly string[] = ["prefill-0-0", "decode-0-0", "proxy"],
): Standing {
  return { cluster: "c", generation: 1, planned, owners: [{ node: "n0", owner: "me@here" }], nodes, services };
}
