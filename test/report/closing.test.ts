import { describe, expect, it } from "vitest";
import { closing, leftAtOnce } from "../../src/report/ending/closing.ts";
import { card } from "../../src/report/text/card.ts";
import { nextLines } from "../../src/report/text/next.ts";
import { engines, proof, result, Story, screen, service } from "./story.ts";

const serve = { serve: "http://192.168.10.1:7850/v1", model: "/models/Qwen3-235B-A22B-W8A8" };
const goOn = { "pdctl up": "starts prefill-0 again, keeps the rest", "pdctl down": "takes everything down" };

describe("the closing block", () => {
  it("of a cluster that is up ends with its proof, its address, and what to do next", () => {
    const up = result({ ...serve, next: ["pdctl status", "pdctl bench", "pdctl down"] });
    expect(closing(up, "ascend-moe", { proof })).toEqual(screen("up-closing"));
  });
  it("of one that was up already has no duration", () => {
    const verdict = "is already up · nothing changed, 10 of 10 services as planned, since 2h 14m";
    const up = result({ ...serve, verdict, untimed: true, next: ["pdctl status"] });
    expect(closing(up, "ascend-moe", { proof })).toEqual(screen("up-already"));
  });
  it("of an interrupted run says what is kept and how to go on", () => {
    const kept = "mooncake-master, decode-0-[0-1] ready; 6 engines go on loading on a2-[1-2,4]";
    const why = { "pdctl up": "waits on for them", "pdctl down": "takes them down" };
    const stopped = result({
      exit: 130,
      seconds: 161,
      verdict: "is not up · interrupted",
      kept,
      next: ["pdctl up", "pdctl down"],
      nextWhy: why,
    });
    expect(closing(stopped, "ascend-moe")).toEqual(screen("up-interrupted"));
  });
  it("of one that is not proven says what is unknown", () => {
    const verdict = "is not proven · a2-4 lost since 10:06:31Z, decode-0-[2-3] unknown";
    const kept = "8 of 10 services run; nothing on a2-4 was touched";
    const why = { "pdctl up": "when a2-4 answers" };
    expect(
      closing(result({ exit: 5, seconds: 905, verdict, kept, next: ["pdctl up"], nextWhy: why }), "ascend-moe"),
    ).toEqual(screen("up-not-proven").map((line) => line.replace(/up {6}when/, "up      when")));
  });
  it("of a failed one names the exit code, and what each command would do", () => {
    const failed = result({
      exit: 1,
      seconds: 202,
      verdict: "is not up · 4 of 8 engines ready",
      next: ["pdctl up", "pdctl down"],
      nextWhy: goOn,
    });
    expect(closing(failed, "ascend-moe")).toEqual(screen("up-died").slice(-3));
  });
  it("of a late one leaves a command without explanation as it is", () => {
    const next = ["pdctl up", "pdctl logs prefill-0-2 -f"];
    const late = result({
      exit: 6,
      seconds: 905,
      verdict: "is not up · 4 of 8 engines ready",
      next,
      nextWhy: { "pdctl up": "waits on" },
    });
    expect(closing(late, "ascend-moe")).toEqual(screen("up-late").slice(-3));
  });
  it("of a second Ctrl-C says that nothing was looked at, and where", () => {
    const story = new Story().at("10:00:00", ...engines.map((id) => service(id, "starting")));
    expect(leftAtOnce(story.told(), 130)).toEqual(screen("left-at-once"));
  });
  it("puts a command that can be pasted last", () => {
    expect(nextLines(["pdctl init"], { "pdctl init": "the same on your nodes" })).toEqual([
      "  next    pdctl init      the same on your nodes",
    ]);
    expect(nextLines([])).toEqual([]);
  });
});

describe("an error card", () => {
  it("of a death has its labels in order, the first cause and its remedy", () => {
    const lines = card(
      {
        title: "prefill-0-2 died 3m 08s after its start, exit code 1",
        log: "pdctl logs prefill-0-2 --tail 50",
        kept: "decode-0-[0-3] ready, mooncake-master ready",
        then: "prefill-0-3 died 1.4s later, EI0006; prefill-0-[0-1] stopped with their group",
        do: [
          "gpu-memory-utilization: 0.88 (now 0.92, cluster.yaml:37)",
          "or max-num-batched-tokens below 8000 (cluster.yaml:34)",
        ],
        cause: "the KV cache left too little for activations",
        why: "RuntimeError: NPU out of memory. Tried to allocate 2.31 GiB (NPU 0; 60.97 GiB total capacity; 57.1 GiB already allocated)",
        where: "a2-2 (192.168.10.2), rank 2 of prefill-0, devices 0-3",
      },
      { code: "device-memory" },
    );
    expect(lines).toEqual(screen("up-died").slice(0, 9).map(codeAtTheEdge));
  });
  it("of a taken port keeps the code after a long cause", () => {
    const [title, where, why, cause, remedy, then, kept] = screen("up-port").map((line) =>
      line.slice(line.startsWith("✖") ? 2 : 10),
    );
    const data = {
      title: title ?? "",
      where: where ?? "",
      why: why ?? "",
      cause: cause?.replace(/ +\[.*/, "") ?? "",
      do: [remedy ?? ""],
      then: then ?? "",
      kept: kept ?? "",
    };
    expect(card(data, { code: "port-taken" })).toEqual(screen("up-port"));
  });
  it("breaks a long cause between words, with its code on the last line", () => {
    const cause =
      "decode computed 1208 of 1208 prompt tokens itself; attention backend is FLASHMLA on prefill, CUTLASS_MLA on decode, and the hash covers it";
    expect(card({ title: "x", cause }, { code: "kv-not-moved" }).slice(1)).toEqual(
      screen("up-not-moved").slice(3, 5).map(codeAtTheEdge),
    );
  });
  it("shows an engine's line without its colours, and never more than eleven", () => {
    const why = ["\x1b[31mError:\x1b[0m bad\x1b[2K", ...Array.from({ length: 20 }, (_, i) => `line ${i}`)];
    const lines = card({ title: "x died", why });
    expect(lines[1]).toBe("  why     Error: bad");
    expect(lines).toHaveLength(12);
  });
});

/** Codes end in column 94, like the quoted lines. */
const codeAtTheEdge = (line: string) =>
  line.replace(/^(.*?) {3,}(\[[a-z-]+\])$/, (_, text: string, code: string) => text + code.padStart(94 - text.length));
