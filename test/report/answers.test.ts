import { describe, expect, it } from "vitest";
import type { ReceiptRow } from "../../src/cluster/down/data.ts";
import type { OrphanData } from "../../src/cluster/orphans/data.ts";
import type { Change, StatusReport, StatusRow } from "../../src/cluster/standing/standing.ts";
import { ending } from "../../src/report/ending/ending.ts";
import { proofLines } from "../../src/report/ending/proof-lines.ts";
import { frame } from "../../src/report/live/frame.ts";
import { statusLines } from "../../src/report/tables/status-table.ts";
import { changesText } from "../../src/report/text/changes-text.ts";
import { done, ended, ms, proof, Story, screen, start } from "./story.ts";

const clean = (node: string): ReceiptRow => ({
  node,
  processes: 0,
  ports: 0,
  deviceMemory: "as before up",
  sharedMemory: 0,
  files: 0,
});
const places = { home: "/home/ops" };
const three = ["a2-1", "a2-2", "a2-3"].map(clean);

function down(rows: readonly ReceiptRow[], result: Parameters<typeof ended>[0], finding?: Parameters<Story["at"]>[1]) {
  return new Story()
    .at("10:00:00", start({ verb: "down", plan: null }))
    .at(
      "10:00:05",
      ...(finding === undefined ? [] : [finding]),
      { type: "receipt", level: "info", data: { nodes: rows } },
      ended({ verb: "down", state: "gone", ...result }),
    );
}

describe("down", () => {
  it("shows its phases, then the receipt and the verdict", () => {
    const phases = [
      done("logs", 1.9, "10 logs, 48.2 MiB to /home/ops/.local/state/pdctl/ascend-moe/1/"),
      done("proxy", 0.2, "stopped"),
      done("decode", 3.1, "4 engines stopped"),
      done("prefill", 2.9, "4 engines stopped"),
      done("side", 0.1, "mooncake-master stopped"),
      done("verify", 2.2, "two scans in a row found nothing"),
    ];
    const story = new Story().at("10:00:00", start({ verb: "down" }), ...phases);
    const receipt = "/home/ops/.local/state/pdctl/ascend-moe/1/receipt.json";
    story.at(
      "10:00:10",
      { type: "receipt", level: "info", data: { nodes: [...three, clean("a2-4")] } },
      ended({ verb: "down", seconds: 10, verdict: "is gone from 4 of 4 nodes", receipt }),
    );
    const state = story.told("down", { places });
    expect([...frame(state, ms("10:00:10")), "", ...ending(state, { places })]).toEqual(screen("down"));
  });

  it("calls a node that did not answer unknown, never gone", () => {
    const silent: ReceiptRow = {
      node: "a2-4",
      processes: null,
      ports: null,
      deviceMemory: null,
      sharedMemory: null,
      files: null,
    };
    const nextWhy = {
      "pdctl down": "when a2-4 answers; does only what is left",
      "pdctl down --forget a2-4": "if it will not come back",
    };
    const verdict = "is gone from 3 of 4 nodes · a2-4 unknown: no answer in 10s";
    const story = down([...three, silent], {
      exit: 5,
      verdict,
      untimed: true,
      then: "decode-0-[2-3] may still run there",
      next: Object.keys(nextWhy),
      nextWhy,
    });
    expect(ending(story.told("down"))).toEqual(screen("down-silent"));
  });

  it("names what is left between the table and the verdict", () => {
    const left: ReceiptRow = {
      node: "a2-4",
      processes: 1,
      ports: 1,
      deviceMemory: "+54.1 GiB",
      sharedMemory: 3,
      files: 0,
    };
    const data = {
      title: "VLLM::Worker_TP1 (pid 40112) outlived SIGKILL for 20s",
      where: "a2-4 (192.168.10.4), of decode-0-2, device 1, port 28010",
      cause: "in uninterruptible sleep in the device driver",
      do: ["npu-smi info on a2-4; a driver reset or reboot is yours to decide"],
    };
    const story = down(
      [...three, left],
      { exit: 5, verdict: "is gone from 3 of 4 nodes · a2-4 has left-overs", untimed: true, next: ["pdctl down"] },
      { type: "finding", level: "error", code: "left-over", data },
    );
    expect(ending(story.told("down"))).toEqual(
      screen("down-left").map((line) =>
        line.replace(/ {20,}\[left-over\]/, (gap) => `${gap.slice(0, -11)}   [left-over]`),
      ),
    );
  });

  it("has no table where there was nothing", () => {
    const story = down([clean("a2-1")], {
      verdict: "nothing to take down: 4 of 4 nodes asked, nothing of ascend-moe is left",
      untimed: true,
    });
    expect(ending(story.told("down"))).toEqual([
      "✔ nothing to take down: 4 of 4 nodes asked, nothing of ascend-moe is left",
    ]);
  });
});

describe("orphans", () => {
  it("are told from strangers and from what runs, and what can be ended comes first", () => {
    const lives = {
      state: "lives",
      ports: [],
      devices: [],
      owner: "li@build-07",
      user: "ops",
      command: "python3",
    } as const;
    const rows: readonly OrphanData[] = [
      {
        ...{ ...lives, kind: "cluster", node: "a2-1", cluster: "chat", service: null, generation: 2, pids: [900, 901] },
        ...{ ports: [8000, 8001], seconds: 8_040, why: "runs as its own state says" },
      },
      {
        ...{
          ...lives,
          kind: "stranger",
          node: "a2-3",
          cluster: null,
          service: null,
          generation: null,
          owner: null,
          user: "wu",
        },
        ...{ pids: [812], ports: [9000], seconds: null, command: "python3 -m http.server 9000" },
        why: "listens on a port of the plan",
      },
      {
        ...{ ...lives, kind: "orphan", node: "a2-4", cluster: "ascend-moe", service: "decode-0-2", generation: 1 },
        ...{
          pids: [40112, 40113],
          ports: [9000],
          devices: ["0", "1", "2", "3"],
          seconds: 273_600,
          why: "it outlived its engine",
        },
      },
      {
        ...{
          ...lives,
          kind: "orphan",
          node: "a2-4",
          cluster: "old",
          service: "decode-0-3",
          generation: 7,
          owner: null,
        },
        ...{ pids: [51, 52, 53, 54, 55, 56, 57, 58], devices: ["4", "5", "6", "7"], seconds: 784_800 },
        why: "the state that it names is gone",
      },
    ];
    const next = ["pdctl orphans --kill", "pdctl down --cluster chat --host 192.168.10.1"];
    const verdict = "2 orphans · 1 process not pdctl's in the way · 4 of 4 nodes asked";
    const story = new Story().at(
      "10:00:00",
      ...rows.map((data) => ({ type: "orphan", level: "warning", node: data.node, data }) as const),
      ended({ verb: "orphans", exit: 5, state: "unknown", seconds: 0.6, verdict, next }),
    );
    expect(ending(story.told("orphans"))).toEqual(screen("orphans"));
  });
});

describe("smoke", () => {
  const sixteen = {
    ...proof,
    requests: 16,
    prompt_tokens: 19_328,
    from_prefill: 19_328,
    bytes: 682_622_976,
    covered: { prefill: [16, 16], decode: [8, 8] },
    endpoints: { prefill: [4, 4], decode: [2, 2] },
    answers: [16, 16],
  } as const;
  const latency = { prefill: 212, transfer: 12, decode: 96, total: 320, first: 5400 };

  it("says what was covered, what moved, what was compared and how long it took", () => {
    const story = new Story().at(
      "10:00:00",
      { type: "proof", level: "info", data: { ...sixteen, latency } },
      ended({ verb: "smoke", seconds: 11, verdict: "smoke passed", proof: "x", serve: "y", next: ["pdctl bench"] }),
    );
    expect(ending(story.told("smoke"))).toEqual(screen("smoke"));
    expect(frame(story.told("smoke"), ms("10:00:11"))).toEqual([]);
  });
  it("names what was never chosen", () => {
    const short = {
      ...proof,
      requests: 12,
      uncovered: ["prefill-0-3"],
      endpoints: { prefill: [3, 4], decode: [4, 4] },
    } as const;
    expect(proofLines(short)[0]).toBe("⚠ covered   P 3/4: prefill-0-3 was never chosen in 12 requests");
  });
  it("KV that lacks the last token of each prompt has moved; one token less has not", () => {
    const with_ = (from_prefill: number) =>
      proofLines({ ...proof, evidence: "counter", prompt_tokens: 1164, requests: 2, from_prefill })[1];
    expect(with_(1162)).toMatch(/^✔ kv/);
    expect(with_(1161)).toMatch(/^✖ kv/);
  });

  it("warns without evidence, and fails where evidence is required", () => {
    const bare = { ...proof, evidence: "none" } as const;
    expect(proofLines(bare)[1]).toBe("⚠ kv        no counter, log or store shows it (none)");
    expect(proofLines(bare, { requireEvidence: true })[1]).toBe("✖ kv        no counter, log or store shows it (none)");
  });
});

const row = (service: string, over: Partial<StatusRow> = {}): StatusRow => ({
  service,
  kind: "engine",
  role: service.startsWith("decode") ? "decode" : "prefill",
  group: service.replace(/-\d+$/, ""),
  state: "ready",
  node: "a2-1",
  ranks: [0],
  devices: ["0", "1", "2", "3"],
  port: 9000,
  kvPorts: [],
  sinceSeconds: 8160,
  note: null,
  code: null,
  pid: 1,
  rssBytes: null,
  restarts: 0,
  hash: "abc",
  ...over,
});
const other = { kind: "side", role: null, ranks: [], devices: [] } as const;
const report = (services: readonly StatusRow[], over: Partial<StatusReport>): StatusReport => ({
  cluster: "ascend-moe",
  generation: 1,
  state: "healthy",
  nodes: [],
  endpoints: { prefill: [4, 4], decode: [4, 4] },
  proxy: "ready",
  services,
  rehearsal: false,
  ...over,
});
const minutes = (hours: number, more: number) => (hours * 60 + more) * 60;

describe("status", () => {
  it("of a healthy cluster is one table in the order in which it starts", () => {
    const engine = (id: string, node: string, rank: number, since: number) =>
      row(id, {
        node,
        ranks: [rank],
        devices: rank % 2 === 0 ? ["0", "1", "2", "3"] : ["4", "5", "6", "7"],
        port: 9000 + (rank % 2),
        sinceSeconds: since,
      });
    const services = [
      row("proxy", { ...other, kind: "proxy", port: 7850, sinceSeconds: minutes(2, 14) }),
      engine("decode-0-0", "a2-3", 0, minutes(2, 18)),
      engine("decode-0-1", "a2-3", 1, minutes(2, 18)),
      engine("decode-0-2", "a2-4", 2, minutes(2, 17)),
      engine("decode-0-3", "a2-4", 3, minutes(2, 17)),
      engine("prefill-0-0", "a2-1", 0, minutes(2, 16)),
      engine("prefill-0-1", "a2-1", 1, minutes(2, 16)),
      engine("prefill-0-2", "a2-2", 2, minutes(2, 14)),
      engine("prefill-0-3", "a2-2", 3, minutes(2, 16)),
      row("mooncake-master", { ...other, port: 50088, sinceSeconds: minutes(2, 20) }),
    ];
    const healthy = report(services, {
      serve: "http://192.168.10.1:7850/v1",
      proven: { secondsAgo: minutes(2, 14), evidence: "counter" },
    });
    expect(statusLines(healthy)).toEqual(screen("status-healthy"));
    const leased = { ...healthy, lease: { ttlSeconds: 7_200, leftSeconds: 6_840 } };
    expect(statusLines(leased)).toContain("  lease   its nodes take it down in 1h 54m of 2h; pdctl up renews that");
  });

  it("of a degraded one has what is not ready first, with why", () => {
    const engine = (id: string, node: string, ranks: number[], over: Partial<StatusRow> = {}) =>
      row(id, { node, ranks, port: 8087, sinceSeconds: minutes(2, 16), ...over });
    const services = [
      engine("prefill-0-0", "gb0", [0, 1, 2, 3], { state: "stopped", sinceSeconds: 39, note: "with prefill-0-1" }),
      engine("prefill-0-1", "gb1", [4, 5, 6, 7], {
        state: "died",
        sinceSeconds: 41,
        note: "CUDA out of memory",
        code: "device-memory",
      }),
      engine("prefill-1-0", "gb2", [0, 1, 2, 3]),
      engine("prefill-1-1", "gb3", [4, 5, 6, 7]),
      engine("decode-0-0", "gb4", [0, 1, 2, 3], { sinceSeconds: minutes(2, 18) }),
      engine("decode-0-1", "gb5", [4, 5, 6, 7], { sinceSeconds: minutes(2, 18) }),
      row("proxy", { ...other, kind: "proxy", node: "router", port: 8123, sinceSeconds: minutes(2, 14) }),
    ];
    const degraded = report(services, {
      cluster: "gb200-deepseek",
      state: "degraded, serving",
      generation: 2,
      endpoints: { prefill: [2, 4], decode: [2, 2] },
    });
    expect(statusLines(degraded).slice(0, -1)).toEqual(screen("status-degraded").slice(0, -1));
    expect(statusLines(degraded).at(-1)).toBe("  next    pdctl logs prefill-0-1 · pdctl up");
  });

  it("of a fleet folds, and what does not answer stays on top", () => {
    const node = (i: number) => `n${String(i).padStart(3, "0")}`;
    const eight = ["0", "1", "2", "3", "4", "5", "6", "7"];
    const services = [
      ...Array.from({ length: 160 }, (_, i) =>
        row(`prefill-${Math.floor(i / 4)}-${i % 4}`, {
          node: node(i + 1),
          devices: eight,
          sinceSeconds: minutes(3, 2) + i,
        }),
      ),
      ...Array.from({ length: 140 }, (_, i) =>
        row(`decode-${Math.floor(i / 14)}-${i % 14}`, {
          node: node(i + 161),
          devices: eight,
          sinceSeconds: minutes(3, 1) + i,
        }),
      ),
      row("proxy", { ...other, kind: "proxy", node: "n001", sinceSeconds: minutes(3, 0) }),
    ].map((one) =>
      one.service === "decode-4-11"
        ? { ...one, state: "unknown" as const, note: "no answer in 10s", sinceSeconds: 190 }
        : one,
    );
    const nodes = Array.from({ length: 300 }, (_, i) => ({
      node: node(i + 1),
      state: i + 1 === 228 ? ("unreachable" as const) : ("reached" as const),
    }));
    const fleet = report(services, {
      cluster: "fleet",
      generation: 7,
      nodes,
      state: "degraded, serving",
      endpoints: { prefill: [160, 160], decode: [139, 140] },
    });
    expect(statusLines(fleet)).toEqual(screen("status-fleet"));
    expect(statusLines(fleet, { wide: true }).filter((line) => /^[✔?]/u.test(line))).toHaveLength(301);
  });

  it("says absent only when every node said so", () => {
    const nodes = ["a2-1", "a2-2"].map((node) => ({ node, state: "reached" as const }));
    expect(statusLines(report([], { state: "absent", nodes }))).toEqual([
      "· ascend-moe is absent: 2 of 2 nodes asked, nothing of it runs",
      "  next    pdctl up",
    ]);
    const away = ["a2-3", "a2-4"].map((node) => ({ node, state: "unreachable" as const, why: "no answer in 10s" }));
    const unknown = report([], { state: "unknown", nodes: [...nodes, ...away] });
    expect(statusLines(unknown)).toEqual([
      "? ascend-moe is unknown: 2 of 4 nodes answered, nothing of it runs there",
      "  why     a2-[3-4]: no answer in 10s",
      "  next    pdctl status",
    ]);
  });
});

describe("plan --changes", () => {
  const ask = {
    cluster: "ascend-moe",
    generation: 3,
    nodes: 4,
    services: 10,
    seconds: "0.6s",
    command: "pdctl up --set prefill.args.max-num-seqs=8",
  };
  const four = (role: string) => [0, 1, 2, 3].map((process) => `${role}-0-${process}`);
  it("lists what is blocked, stopped, restarted and kept, each with its reason", () => {
    const changes: Change[] = [
      { kind: "keep", services: ["mooncake-master", "proxy"], why: "" },
      {
        kind: "blocked",
        services: ["metrics"],
        why: "port 9100 on a2-1 is held by node_exporter (pid 812, user root)",
      },
      { kind: "restart", services: four("prefill"), why: "--max-num-seqs 4 → 8, from --set" },
      { kind: "restart", services: four("decode"), why: "peers of prefill-0: their handshake with it would be stale" },
      { kind: "stop", services: ["etcd"], why: "not in cluster.yaml any more; runs on a2-1" },
    ];
    const remedy = (line: string) => !line.startsWith("  do");
    expect(changesText(changes, ask)).toEqual(screen("changes").filter(remedy));
  });
  it("says when there is nothing to do", () => {
    expect(changesText([{ kind: "keep", services: four("prefill"), why: "" }], ask)).toEqual([
      "✔ nothing to do: 10 of 10 services run as planned · 4 nodes asked in 0.6s",
    ]);
  });
});
