import { describe, expect, it } from "vitest";
import { reportOf } from "../../src/cluster/status/status-report.ts";
import { statusLines } from "../../src/report/tables/status-table.ts";
import { found, NOW, standing } from "./found.ts";

const beside = { proven: undefined, notes: new Map(), nowMs: NOW };
const targets = [
  { url: "http://10.0.0.1:8100", role: "prefill", slots: 1 },
  { url: "http://10.0.0.2:8200", role: "decode", slots: 1 },
];
const engines = [
  {
    service: "prefill-0-0",
    url: "http://10.0.0.1:8100",
    node: "n0",
    role: "prefill",
    group: "prefill-0",
    ranks: [0],
    devices: ["0"],
  },
  {
    service: "decode-0-0",
    url: "http://10.0.0.2:8200",
    node: "n1",
    role: "decode",
    group: "decode-0",
    ranks: [0],
    devices: ["0"],
  },
];
const proxy = found({
  service: "proxy",
  note: { smoke: { url: "http://10.0.0.1:8000" }, targets, engines },
});
const [p, d] = [found({ service: "prefill-0-0" }), found({ service: "decode-0-0", node: "n1" })];
const both = [
  { node: "n0", state: "reached" },
  { node: "n1", state: "reached" },
] as const;
const died = { state: "died", exit: 1, signal: null, atMs: NOW - 41_000 } as const;

describe("what status calls a cluster", () => {
  it("healthy, when all that was planned is ready on nodes that all answered", () => {
    const report = reportOf(standing([p, d, proxy], both), {
      ...beside,
      proven: { atMs: NOW - 5_000, evidence: "counter", generation: 1 },
    });
    expect(report).toMatchObject({
      state: "healthy",
      proxy: "ready",
      serve: "http://10.0.0.1:8000/v1",
      endpoints: { prefill: [1, 1], decode: [1, 1] },
      proven: { secondsAgo: 5, evidence: "counter" },
    });
  });

  it("degraded, not serving, when the only decode died, with why and since when", () => {
    const dead = found({ service: "decode-0-0", node: "n1" }, died, false);
    const notes = new Map([["decode-0-0", { note: "CUDA out of memory", code: "device-memory" }]]);
    const report = reportOf(standing([p, dead, proxy], both), { ...beside, notes });
    expect(report).toMatchObject({ state: "degraded, not serving", endpoints: { decode: [0, 1] } });
    expect(report.services.find(({ service }) => service === "decode-0-0")).toMatchObject({
      state: "died",
      sinceSeconds: 41,
      note: "CUDA out of memory",
      code: "device-memory",
    });
  });

  it("starting, while engines live without HTTP and no proxy is there yet", () => {
    const loading = found({ service: "prefill-0-0" }, undefined, false);
    expect(reportOf(standing([loading]), beside)).toMatchObject({
      state: "starting",
      services: [{ state: "starting" }],
    });
  });

  it("absent only when every node answered; unknown when one did not", () => {
    expect(reportOf(standing([]), beside).state).toBe("absent");
    expect(
      reportOf(
        standing(
          [],
          [
            { node: "n0", state: "reached" },
            { node: "n1", state: "unreachable", why: "no answer" },
          ],
        ),
        beside,
      ).state,
    ).toBe("unknown");
  });

  it("names what was started on a node that does not answer, as unknown", () => {
    const nodes = [
      { node: "n0", state: "reached" },
      { node: "n1", state: "unreachable", why: "no answer in 10s" },
    ] as const;
    const report = reportOf(standing([p, proxy], nodes), beside);
    expect(report.state).toBe("degraded, not serving");
    expect(report.services).toContainEqual(
      expect.objectContaining({
        service: "decode-0-0",
        state: "unknown",
        node: "n1",
        port: 8200,
        note: "no answer in 10s",
      }),
    );
  });

  it("not healthy when fewer services are there than were planned", () => {
    expect(reportOf(standing([p, proxy]), beside).state).not.toBe("healthy");
  });

  it("not absent when something died, nor when something cannot be read", () => {
    const dead = found({ service: "prefill-0-0" }, died, false);
    expect(reportOf(standing([dead]), beside).state).toBe("degraded, not serving");
    const dark = found({ service: "prefill-0-0" }, { state: "unknown", why: "docker does not answer" });
    expect(reportOf(standing([dark]), beside).state).toBe("unknown");
    expect(reportOf(standing([], [{ node: "n0", state: "reached", why: "spec.json is damaged" }]), beside).state).toBe(
      "unknown",
    );
  });

  it("healthy, whatever an earlier topology has left behind stopped; not when that lives on", () => {
    const stopped = found({ service: "agent" }, { ...died, exit: null, signal: "TERM" }, false);
    const report = reportOf(standing([p, d, proxy, stopped], both), beside);
    expect(report.state).toBe("healthy");
    expect(report.services.map(({ service }) => service)).not.toContain("agent");
    expect(reportOf(standing([p, d, proxy, found({ service: "agent" })], both), beside).services).toHaveLength(4);
  });

  it("not serving, where a rank that answers has lost another one of its group: its next request would end it", () => {
    const peer = { role: "decode", group: "decode-0" } as const;
    const dead = found({ service: "decode-0-1", ...peer, node: "n1" }, died, false);
    const planned = ["prefill-0-0", "decode-0-0", "decode-0-1", "proxy"];
    const rows = (ready: boolean) => {
      const head = found({ service: "decode-0-0", ...peer, node: "n1" }, undefined, ready);
      return reportOf(standing([p, head, dead, proxy], both, planned), beside);
    };
    const report = rows(true);
    expect(report).toMatchObject({ state: "degraded, not serving", endpoints: { prefill: [1, 1], decode: [0, 1] } });
    expect(report.services.find(({ service }) => service === "decode-0-0")).toMatchObject({
      state: "unknown",
      note: "answers, but its group lost decode-0-1",
      code: "rank-lost",
    });
    expect(statusLines(report).join("\n")).toMatch(
      /next +pdctl logs decode-0-1\n +pdctl up +starts decode-0 again, as one/,
    );
    expect(rows(false).services.find(({ service }) => service === "decode-0-0")).toMatchObject({
      state: "starting",
      note: "its group lost decode-0-1",
    });
  });

  it("says of a dead server that its engine core lives on with its memory", () => {
    const dead = { ...found({ service: "decode-0-0", node: "n1" }, { ...died, signal: "KILL" }, false), processes: 1 };
    expect(reportOf(standing([p, dead, proxy], both), beside).services).toContainEqual(
      expect.objectContaining({ service: "decode-0-0", note: "killed by signal KILL; 1 process of it lives on" }),
    );
  });

  it("an endpoint serves only with the engines of its group that have none of their own", () => {
    const headless = found({ service: "decode-0-1", group: "decode-0", role: "decode", listens: [] }, died, false);
    const head = found({ service: "decode-0-0", group: "decode-0", role: "decode", node: "n1" });
    const planned = ["prefill-0-0", "decode-0-0", "decode-0-1", "proxy"];
    const report = reportOf(standing([p, head, headless, proxy], both, planned), beside);
    expect(report.endpoints).toEqual({ prefill: [1, 1], decode: [0, 1] });
    expect(report.state).toBe("degraded, not serving");
  });
});

it("what went with a node's boot says so, with the time, and with the date when that was another day", () => {
  const gone = (atMs: number) => ({ state: "died", exit: null, signal: null, atMs, rebooted: true }) as const;
  const noteOf = (atMs: number) =>
    reportOf(standing([proxy, p, found({ service: "decode-0-0", node: "n1" }, gone(atMs))], both), beside).services[2];
  expect(noteOf(NOW - 60_000)).toMatchObject({
    state: "died",
    note: "gone with the boot of 00:15:40Z",
    sinceSeconds: 60,
  });
  expect(noteOf(NOW - 86_400_000)?.note).toBe("gone with the boot of 1969-12-31 00:16:40Z");
});
