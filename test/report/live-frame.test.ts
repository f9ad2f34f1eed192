import { describe, expect, it } from "vitest";
import { frame } from "../../src/report/live/frame.ts";
import { redraw } from "../../src/report/live/view.ts";
import { done, ended, engines, ms, proof, running, Story, screen, service, start } from "./story.ts";

const connected = [
  done("connect", 0.9, "4 of 4 nodes, lock on a2-1"),
  done("check", 1.4, "11 passed, 1 note"),
  done("push", 0.3, "26 files, 61.0 KiB to 4 nodes"),
  done("side", 2.2, "mooncake-master on a2-1"),
];
const expects = ["proxy", "smoke"] as const;

describe("up on a terminal", () => {
  it("shows the phases, and each engine that is not ready with how far it is", () => {
    const story = new Story()
      .at("10:00:00", start())
      .at("10:00:05", ...connected, running("engines", 900), ...engines.map((id) => service(id, "starting")))
      .at("10:02:01", service("prefill-0-2", "loading", { progress: "12 of 46 shards" }))
      .at(
        "10:02:30",
        service("decode-0-0", "ready", { seconds: 145 }),
        service("decode-0-1", "ready", { seconds: 145 }),
      )
      .at(
        "10:02:40",
        service("prefill-0-0", "loading", { progress: "31 of 46 shards" }),
        service("prefill-0-1", "loading", { progress: "30 of 46 shards" }),
        service("prefill-0-3", "loading", { progress: "29 of 46 shards" }),
        service("decode-0-2", "loading", { progress: "graphs 9 of 35" }),
        service("decode-0-3", "loading", { progress: "graphs 11 of 35" }),
      );
    expect(frame(story.told("up", { expects }), ms("10:02:41"))).toEqual(screen("up-loading"));
  });

  it("says nothing of a phase that was passed over, and counts engines before any is heard of", () => {
    const waiting = { type: "phase", phase: "side", level: "info", data: { state: "waiting" } } as const;
    const story = new Story().at("10:00:00", start(), done("push", 0.3, "2 files"), waiting, running("engines", 900));
    const lines = frame(story.told("up", { expects }), ms("10:00:01"));
    expect(lines.filter((line) => line.includes("side"))).toEqual([]);
    expect(lines.find((line) => line.startsWith("→ engines"))).toMatch(/^→ engines {3}0 of 8 ready +1\.0s \/ 15m$/);
  });

  it("folds a fleet by role and state, and names the one that is least far", () => {
    const ids = [
      ...Array.from({ length: 160 }, (_, i) => ({ id: `prefill-${Math.floor(i / 4)}-${i % 4}`, node: "p" })),
      ...Array.from({ length: 140 }, (_, i) => ({
        id: `decode-${Math.floor(i / 14)}-${i % 14}`,
        node: `n${160 + i + 1}`,
      })),
    ];
    const story = new Story({ cluster: "fleet" }).at("10:00:00", start({ engines: 300 }), running("engines", 1800));
    story.at("10:00:08", ...ids.map(({ id, node }) => service(id, "starting", { node })));
    const decodes = ids.slice(160, 286);
    story.at("10:04:00", ...ids.slice(0, 160).map(({ id, node }) => service(id, "ready", { node })));
    story.at("10:04:00", ...decodes.filter((_, i) => i % 7 < 3).map(({ id, node }) => service(id, "ready", { node })));
    story.at(
      "10:04:00",
      ...decodes
        .filter((_, i) => i % 7 >= 3)
        .map(({ id, node }, i) =>
          service(id, "loading", {
            node: id === "decode-4-11" ? "n228" : node,
            progress: `graphs ${id === "decode-4-11" ? 9 : 10 + (i % 22)} of 35`,
          }),
        ),
    );
    const [, , head, ...rows] = frame(story.told("up"), ms("10:04:10"));
    expect([head, ...rows.slice(0, 3)]).toEqual(screen("up-fleet"));
  });

  it("leaves the finished rows when it has ended, without engines and hint", () => {
    const story = new Story()
      .at("10:00:00", start())
      .at("10:00:05", ...connected, running("engines", 900), ...engines.map((id) => service(id, "starting")))
      .at("10:05:00", ...engines.filter((id) => id !== "prefill-0-2").map((id) => service(id, "ready")))
      .at("10:06:03", service("prefill-0-2", "ready"), done("engines", 358))
      .at("10:06:04", done("proxy", 0.6, "4 prefill, 4 decode"))
      .at("10:06:12", { type: "proof", phase: "smoke", level: "info", data: proof }, done("smoke", 8.1))
      .at("10:06:12", ended({ seconds: 372 }));
    const lines = frame(story.told("up", { expects }), ms("10:06:12"));
    expect(lines.slice(0, 1)).toEqual([
      "ascend-moe · 4 nodes · 8 engines · generation 1                                   6m 12s",
    ]);
    expect(lines.slice(-3)).toEqual(screen("up-done-rows"));
    expect(lines).toHaveLength(9);
  });

  it("says what a refused check found, under its row", () => {
    const finding = (level: "error" | "warning", code: string, title: string, remedy: string) =>
      ({ type: "finding", phase: "check", level, code, data: { title, do: [remedy] } }) as const;
    const story = new Story().at("10:00:00", start()).at(
      "10:00:04",
      {
        type: "phase",
        phase: "check",
        level: "error",
        data: { state: "failed", seconds: 3, text: "3 errors, 1 warning, 1 note, 7 passed on 4 nodes" },
      },
      finding(
        "error",
        "C13",
        "a2-2 device 5: 28.1 GiB held by python3 (pid 31877, user wu)",
        "end it, or give prefill-0 another node: it needs all 8 devices of a2-2",
      ),
      finding(
        "error",
        "M02",
        "/models/Qwen3-235B-A22B-W8A8 differs: a2-[1-3] sha256 41e8…7f83, a2-4 sha256 65b4…61b0",
        "copy config.json from a2-1 to a2-4",
      ),
      finding(
        "error",
        "N13",
        "a2-3 → a2-1: 28001-28016 filtered (no answer in 3s)",
        "open 28001-28016/tcp on a2-1 for a2-[3-4]",
      ),
      finding("warning", "C12", "a2-4 clock is 1.8s ahead", "check chronyc tracking on a2-4"),
      ended({ exit: 8 }),
    );
    expect(frame(story.told(), ms("10:00:05")).slice(2)).toEqual(screen("up-refused").slice(0, 9));
  });

  it("counts what a check found where nobody has said it", () => {
    const failed = { type: "phase", phase: "check", level: "error", data: { state: "failed" } } as const;
    const found = {
      type: "finding",
      phase: "check",
      level: "error",
      code: "N12",
      data: { title: "port 9000 on a2-1 is taken" },
    } as const;
    const story = new Story().at("10:00:00", start(), failed, found, ended({ exit: 8 }));
    expect(frame(story.told(), ms("10:00:05")).slice(2)).toEqual([
      "✖ check   1 error",
      "  ✖ N12  port 9000 on a2-1 is taken",
    ]);
  });

  it("says that a node is lost and what is unknown because of it, and that it came back", () => {
    const ids = engines.map((id) => service(id, "starting"));
    const lost = new Story()
      .at("10:00:00", start(), running("engines", 900), ...ids)
      .at("10:01:00", { type: "node", level: "warning", node: "a2-4", data: { state: "lost" } });
    expect(frame(lost.told(), ms("10:01:12"))).toContain(screen("up-lost")[0]);
    const back = lost.at("10:01:41", { type: "node", level: "info", node: "a2-4", data: { state: "reached" } });
    expect(frame(back.told(), ms("10:02:00"))).toContain(screen("up-back")[0]);
  });

  it.each([8, 12, 20, 40])("never takes more than 20 rows, nor more than a terminal of %i rows has", (rows) => {
    const many = Array.from({ length: 64 }, (_, i) => `prefill-${i}-0`);
    const story = new Story().at("10:00:00", start({ engines: 64 }), ...connected, running("engines", 900));
    story.at("10:00:01", ...many.map((id, i) => service(id, i % 3 === 0 ? "loading" : "starting", { node: `n${i}` })));
    story.at("10:00:02", {
      type: "finding",
      level: "error",
      code: "device-memory",
      data: { title: "prefill-0 died", why: Array.from({ length: 10 }, () => "line"), do: ["a", "b"], then: "c" },
    });
    expect(frame(story.told("up", { expects }), ms("10:00:09"), rows).length).toBeLessThanOrEqual(Math.min(20, rows));
  });
});

describe("a rehearsal on a terminal", () => {
  it("says in its first line that nothing real is loaded", () => {
    const expected = screen("rehearsed");
    const story = new Story({ generation: 2 })
      .at("10:00:00", start({ rehearsal: true }))
      .at("10:00:09", ended({ seconds: 10 }));
    expect(frame(story.told(), ms("10:00:09")).slice(0, 2)).toEqual(expected.slice(0, 2));
  });
});

describe("redrawing", () => {
  it("goes up to the first line that differs, and no further", () => {
    expect(redraw(["a", "b", "c"], ["a", "x", "c"])).toBe("\x1b[2Fx\x1b[K\nc\x1b[K\n");
    expect(redraw(["a", "b"], ["a"])).toBe("\x1b[1F\x1b[J");
    expect(redraw([], ["a"])).toBe("a\x1b[K\n");
  });
});
