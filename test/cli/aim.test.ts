import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Aim, type Target } from "../../src/cli/edge/aim.ts";
import type { ClusterEvent } from "../../src/cluster/events.ts";
import { run } from "./run-pdctl.ts";

const aimed = (target: Target, command: string) => {
  const aim = new Aim();
  aim.at(target);
  return aim.command(command);
};
const plain = { set: [] };

describe("a command that pdctl shows", () => {
  it.each<readonly [string, Target, string, string]>([
    ["stays short where the default search finds the topology", { options: plain }, "pdctl up", "pdctl up"],
    [
      "names the file as it was typed",
      { file: "a/b.yaml", cluster: "b", options: plain },
      "pdctl up --wait-lock 10m",
      "pdctl up a/b.yaml --wait-lock 10m",
    ],
    [
      "names the cluster where it is about what runs",
      { file: "a/b.yaml", cluster: "b", options: plain },
      "pdctl logs prefill-0 -f",
      "pdctl logs b prefill-0 -f",
    ],
    [
      "repeats what was changed, quoted where the shell asks for it",
      { options: { set: ["engine.port=1", 'engine.env.A="x y"'], hosts: "n[1-2]" } },
      "pdctl up",
      `pdctl up --hosts 'n[1-2]' --set engine.port=1 --set 'engine.env.A="x y"'`,
    ],
    [
      "does so for each command of a text",
      { file: "b.yaml", cluster: "b", options: plain },
      "pdctl up --wait-lock 10m · looking needs no lock: pdctl status",
      "pdctl up b.yaml --wait-lock 10m · looking needs no lock: pdctl status b",
    ],
    [
      "is left alone where it has a file, or takes none",
      { file: "b.yaml", cluster: "b", options: plain },
      "pdctl status c.yaml, pdctl explain P03, pdctl demo",
      "pdctl status c.yaml, pdctl explain P03, pdctl demo",
    ],
  ])("%s", (_, target, command, shown) => expect(aimed(target, command)).toBe(shown));

  it("is the same in cards and results, for people and machines", () => {
    const aim = new Aim();
    aim.at({ file: "b.yaml", cluster: "b", options: plain });
    const head = { schema: "pdctl.event/1", seq: 1, time: "", run: "", generation: 1, cluster: "b" } as const;
    const result: ClusterEvent = {
      ...head,
      type: "result",
      level: "error",
      data: {
        verb: "up",
        exit: 1,
        state: "unknown",
        seconds: 1,
        verdict: "is not up",
        next: ["pdctl up", "pdctl down"],
        nextWhy: { "pdctl up": "goes on" },
      },
    };
    expect(aim.event(result).data).toMatchObject({
      next: ["pdctl up b.yaml", "pdctl down b"],
      nextWhy: { "pdctl up b.yaml": "goes on" },
    });
    const finding: ClusterEvent = {
      ...head,
      type: "finding",
      level: "error",
      data: { title: "prefill-0 died", do: ["pdctl up"], log: "pdctl logs prefill-0 --tail 50" },
    };
    expect(aim.event(finding).data).toEqual({
      title: "prefill-0 died",
      do: ["pdctl up b.yaml"],
      log: "pdctl logs b prefill-0 --tail 50",
    });
  });
});

describe.concurrent("the last line, of a topology that only the command line names", () => {
  let home: string;
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), "pdctl-aim-"));
    await writeFile(
      join(home, "mine.yaml"),
      await readFile(join(import.meta.dirname, "../../topologies/local.yaml"), "utf8"),
    );
  });
  afterAll(() => rm(home, { recursive: true }));
  const last = async (words: string) =>
    (await run(words.split(" "), { cwd: home })).out.trimEnd().split("\n").at(-1)?.trim();

  it.each([
    ["validate mine.yaml", "next    pdctl plan mine.yaml"],
    ["plan -f mine.yaml", "next    pdctl up mine.yaml · pdctl plan mine.yaml --explain decode-0"],
    ["plan mine.yaml --explain decode-0 --full", "next    pdctl plan mine.yaml --script decode-0"],
    ["status mine.yaml", "next    pdctl up mine.yaml"],
    ["status mine.yaml --set name=other", "next    pdctl up mine.yaml --set name=other"],
  ])("of pdctl %s can be pasted", async (words, next) => expect(await last(words)).toBe(next));

  it("is a command line for a cluster by its name, too", async () => {
    const { exit, err } = await run(["down", "elsewhere"], { cwd: home });
    expect([exit, err]).toEqual([
      2,
      "✖ elsewhere is no topology file, and no cluster of this name is known here\n  next    pdctl down --help\n",
    ]);
  });
});
