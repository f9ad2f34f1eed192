import { describe, expect, it } from "vitest";
import { annotation } from "../../src/report/plain/annotations.ts";
import { type Plain, plain, silent } from "../../src/report/plain/lines.ts";
import { begin } from "../../src/report/tally.ts";
import { done, ended, engines, proof, running, Story, screen, service, start } from "./story.ts";

/** All lines of a run off a terminal. */
function written(story: Story, verb = "up"): string[] {
  const lines: string[] = [];
  let before: Plain = silent(begin(verb));
  for (const event of story.events) {
    before = plain(before, event);
    lines.push(...before.lines);
  }
  return lines;
}

const seconds = (hms: string) => Date.parse(`2026-11-20T${hms}Z`) / 1000;

describe("up off a terminal", () => {
  it("is one line per change, with the date once", () => {
    const story = new Story()
      .at("10:02:11", start())
      .at("10:02:11", running("connect"), done("connect", 0.9, "4 of 4 nodes, lock on a2-1"))
      .at("10:02:13", done("check", 1.4, "11 passed, 1 note"))
      .at("10:02:13", {
        type: "finding",
        phase: "check",
        level: "note",
        code: "N04",
        service: "mooncake-master",
        data: { title: "50088 on a2-1 is in the ephemeral range 32768-60999" },
      })
      .at("10:02:13", done("push", 0.3, "26 files, 61.0 KiB to 4 nodes"))
      .at(
        "10:02:15",
        service("mooncake-master", "starting", { phase: "side" }),
        service("mooncake-master", "ready", { phase: "side" }),
        done("side", 2.2, "mooncake-master on a2-1"),
      )
      .at("10:02:15", running("engines", 900), ...engines.map((id) => service(id, "starting")))
      .at("10:02:20", progress(5))
      .at("10:02:45", service("prefill-0-2", "loading", { progress: "2 of 46 shards" }), progress(30))
      .at("10:04:31", service("decode-0-0", "ready", { seconds: 136 }));
    for (const id of engines.filter((id) => id !== "decode-0-0" && id !== "prefill-0-2"))
      story.at("10:05:00", service(id, "ready", { seconds: 165 }));
    story
      .at("10:08:13", service("prefill-0-2", "ready", { seconds: 358 }), done("engines", 358, "8 of 8 ready"))
      .at(
        "10:08:14",
        service("proxy", "starting", { phase: "proxy" }),
        service("proxy", "ready", { phase: "proxy" }),
        done("proxy", 0.6, "4 prefill, 4 decode"),
      )
      .at("10:08:22", { type: "proof", phase: "smoke", level: "info", data: proof }, done("smoke", 8.1))
      .at("10:08:23", ended({ serve: "http://192.168.10.1:7850/v1" }));
    const lines = written(story).filter((line) => !line.startsWith("10:05:00Z"));
    expect(lines).toEqual(screen("up-plain"));
  });

  it("says at least every 30 s what it waits for, and no more often", () => {
    const story = new Story().at("10:00:00", start(), running("engines", 900), service("prefill-0-2", "starting"));
    for (let second = 7; second <= 127; second += 10)
      story.at(`10:0${Math.floor(second / 60)}:${String(second % 60).padStart(2, "0")}`, progress(second));
    const beats = written(story)
      .filter((line) => line.includes("least far"))
      .map((line) => seconds(line.slice(0, 8)));
    const gaps = beats.map((beat, index) => beat - (beats[index - 1] ?? seconds("10:00:00")));
    expect(gaps.every((gap) => gap <= 30 && gap >= 20)).toBe(true);
    expect(beats.length).toBeGreaterThanOrEqual(4);
  });

  it("shows the whole card of a death when it happens, and how to go on at the end", () => {
    const story = new Story()
      .at("10:00:00", start(), running("engines", 900), ...engines.slice(0, 2).map((id) => service(id, "starting")))
      .at("10:00:05", {
        type: "service",
        phase: "engines",
        node: "a2-1",
        service: "prefill-0-1",
        level: "error",
        data: { state: "died", exit: null, signal: "SIGKILL" },
      })
      .at("10:00:05", {
        type: "finding",
        phase: "engines",
        level: "error",
        code: "device-memory",
        data: { title: "prefill-0-1 died", where: "a2-1", cause: "no memory" },
      })
      .at("10:00:06", service("prefill-0-0", "stopped"))
      .at(
        "10:00:06",
        ended({ exit: 1, seconds: 6, verdict: "is not up · 0 of 8 engines ready", next: ["pdctl up", "pdctl down"] }),
      );
    expect(written(story).slice(2)).toEqual([
      "10:00:05Z  engines  prefill-0-1 died, killed by signal 9",
      "10:00:05Z  engines  prefill-0-1 died",
      "  where   a2-1",
      `  cause   ${"no memory".padEnd(69)}[device-memory]`,
      "10:00:06Z  engines  prefill-0-0 stopped",
      "10:00:06Z  result   not up after 6.0s, exit 1; 0 of 8 engines ready; next: pdctl up · pdctl down",
    ]);
  });

  it("is an annotation for GitHub where it is an error or a warning", () => {
    const [event] = new Story().at("10:00:00", {
      type: "finding",
      level: "error",
      data: { title: "a: b, 5%", where: "n1", why: "line\nmore" },
    }).events;
    expect(event && annotation(event)).toBe("::error title=a%3A b%2C 5%25::n1%0Aline%0Amore");
    const [note] = new Story().at("10:00:00", { type: "finding", level: "note", data: { title: "x" } }).events;
    expect(note && annotation(note)).toBeUndefined();
  });
});

const progress = (passed: number) =>
  ({
    type: "progress",
    phase: "engines",
    level: "info",
    data: { ready: 0, of: 8, seconds: passed, limit: 900, behind: ["prefill-0-2"], text: "loading" },
  }) as const;
