import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { Aim } from "../../src/cli/edge/aim.ts";
import { atEdge } from "../../src/cli/edge/edge.ts";
import { Interrupted } from "../../src/cli/edge/signals.ts";
import { coloured, needsAscii, streams } from "../../src/cli/edge/streams.ts";
import { UserError } from "../../src/errors.ts";

/** What the edge writes and returns for something that was thrown. */
async function thrown(error: unknown, options: { json?: true; debug?: true } = {}) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const common = { color: false, set: [], ...options };
  const call = {
    verb: "up",
    options: common,
    streams: streams({ stdout, stderr, env: { LANG: "C.UTF-8" }, options: common }),
    aim: new Aim(),
  };
  call.streams.hide(["hf_0123456789"]);
  const exit = await atEdge(call, () => Promise.reject(error));
  const text = (stream: PassThrough) => String(stream.read() ?? "");
  return { exit, out: text(stdout), err: text(stderr) };
}

const silent = (node: string) =>
  new UserError("node.silent", { node, address: node, awaited: "answer", afterMs: 10_000 });

describe("what was thrown", () => {
  it("as a bug has a stack, the version and exit 70, and secrets stay hidden in it", async () => {
    const { exit, err } = await thrown(new TypeError("x of hf_0123456789 is undefined"));
    expect(exit).toBe(70);
    expect(err).toMatch(/^✖ a bug in pdctl \d+\.\d+\.\d+ \(Node \d+/);
    expect(err).toContain("TypeError: x of *** is undefined");
    expect(err).toMatch(/\n {2} {4}at .*edge\.test\.ts/);
    expect(err.trimEnd().split("\n").at(-1)).toMatch(/^ {2}next {4}report it/);
  });
  it("as a user's error has none, unless --debug", async () => {
    const plain = await thrown(silent("n1"));
    expect([plain.exit, plain.err.split("\n")[0], plain.err.includes("    at ")]).toEqual([
      4,
      "✖ n1 did not answer within 10s",
      false,
    ]);
    expect((await thrown(silent("n1"), { debug: true })).err).toContain("    at ");
  });
  it("by several nodes is one card for each class of trouble", async () => {
    const errors = [
      silent("n1"),
      silent("n2"),
      new UserError("node.lost", { node: "n3", address: "n3", why: "ECONNRESET" }),
    ];
    const { exit, err } = await thrown(Object.assign(new Error("3 of 3 nodes"), { errors }));
    expect([exit, err.split("\n").filter((line) => line.startsWith("✖"))]).toEqual([
      4,
      ["✖ n[1-2] did not answer within 10s", "✖ n3 was lost"],
    ]);
  });
  it("by a signal is 130 or 143", async () => {
    expect([(await thrown(new Interrupted("SIGINT"))).exit, (await thrown(new Interrupted("SIGTERM"))).exit]).toEqual([
      130, 143,
    ]);
  });
  it("is one document with --json, also a bug", async () => {
    const { out, exit } = await thrown(new TypeError("x"), { json: true });
    expect([exit, JSON.parse(out)]).toEqual([
      70,
      {
        schema: "pdctl.result/1",
        findings: [{ level: "error", code: "bug", title: "x" }],
        result: { verb: "up", exit: 70, next: [] },
      },
    ]);
  });
});

describe("colour and signs", () => {
  it.each([
    [true, {}, true, true],
    [false, {}, true, false],
    [true, { NO_COLOR: "1" }, true, false],
    [true, { NO_COLOR: "" }, true, true],
    [true, { TERM: "dumb" }, true, false],
    [false, { FORCE_COLOR: "1" }, true, true],
    [true, { FORCE_COLOR: "0" }, true, false],
    [true, { FORCE_COLOR: "1" }, false, false],
    [true, { FORCE_COLOR: "1", NO_COLOR: "1" }, true, false],
  ])("terminal %s with %o and color %s: %s", (isTerminal, env, color, expected) =>
    expect(coloured(isTerminal, env, { color })).toBe(expected),
  );

  it("are ASCII where the locale is not UTF-8 and on terminals without the signs", () => {
    expect(
      [
        {},
        { LANG: "C" },
        { LANG: "en_US.UTF-8" },
        { LANG: "C.utf8" },
        { LC_ALL: "C", LANG: "C.UTF-8" },
        { LANG: "C.UTF-8", TERM: "linux" },
      ].map(needsAscii),
    ).toEqual([true, true, false, false, true, true]);
  });
});
