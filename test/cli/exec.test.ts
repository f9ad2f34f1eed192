import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "./run-pdctl.ts";

const topology = join(import.meta.dirname, "../../topologies/local.yaml");
let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "pdctl-exec-"));
});
afterAll(() => rm(home, { recursive: true }));
const exec = (...words: readonly string[]) => run(["exec", topology, ...words], { cwd: home });

describe("pdctl exec", () => {
  it("hands over both streams as they are, and says how the command ended", async () => {
    const ended = await exec("--", "sh", "-c", "echo 'a  $HOME b'; echo no >&2; exit 3");
    expect([ended.exit, ended.out]).toEqual([1, "a  $HOME b\n"]);
    expect(ended.err).toMatch(/^no\n✖ here exit code 3\n✖ exit code 0 on 0 of 1 node · [\d.]+s · exit 1\n$/);
  });

  it("takes one word for shell text, at home and without input", async () => {
    const ended = await exec("--json", "--", "pwd; cat; printf 'no newline'");
    expect(JSON.parse(ended.out)).toMatchObject({
      exit: 0,
      nodes: [{ node: "here", exit: 0, stdout: [home, "no newline"], stderr: [] }],
    });
  });

  it("ends what it started when it is interrupted, children too", async () => {
    const pids = join(home, "pids");
    const heard = (text: string, interrupt: () => void) => {
      if (text.includes("up")) interrupt();
    };
    const command = `sleep 300 & echo $! $$ >${pids}; echo up; wait`;
    const ended = await run(["exec", topology, "--", command], { cwd: home, hear: heard });
    expect(ended.exit).toBe(130);
    const lives = async () => {
      const all = (await readFile(pids, "utf8")).trim().split(" ");
      return all.filter((pid) => existsSync(`/proc/${pid}`));
    };
    await expect.poll(lives, { timeout: 15_000 }).toEqual([]);
  });

  it("says that a command stands behind --", async () => {
    const ended = await exec("uname");
    expect([ended.exit, ended.err]).toEqual([
      2,
      "✖ no command: it stands behind --\n  next    pdctl exec -- uname -r\n",
    ]);
  });
});
