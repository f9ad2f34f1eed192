import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "./run-pdctl.ts";

const page = await readFile(join(import.meta.dirname, "../../docs/import.md"), "utf8");
const blocks = [...page.matchAll(/```(\w+)\n([\s\S]*?)```/g)].map(([, kind = "", text = ""]) => ({ kind, text }));
const commands = blocks.filter(({ kind }) => kind === "sh").flatMap(({ text }) => text.trim().split("\n"));
let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "pdctl-import-"));
  await writeFile(join(home, "serve.sh"), blocks.find(({ kind }) => kind === "bash")?.text ?? "");
});
afterAll(() => rm(home, { recursive: true }));

describe("pdctl import", () => {
  it("does what its page shows", async () => {
    expect(commands.length).toBeGreaterThan(2);
    for (const command of commands) {
      const { exit, lines } = await run(command.split(" ").slice(1), { cwd: home });
      expect(exit, `${command}\n${lines.join("\n")}`).toBe(0);
    }
  });

  it("writes the topology on stdout and the remarks on stderr, and leaves a file that is there alone", async () => {
    const words = ["import", "serve.sh", "--node", "gpu-0=10.0.0.1,hardware=cuda,devices=2"];
    const { exit, out, err } = await run(words, { cwd: home });
    expect([exit, out.split("\n")[1], err]).toEqual([
      0,
      "version: 1",
      expect.stringMatching(/serve\.sh:2 {2}kept {2}vllm serve: an engine of prefill/),
    ]);
    await writeFile(join(home, "mine.yaml"), "mine");
    expect((await run([...words, "-o", "mine.yaml"], { cwd: home })).exit).toBe(2);
    expect(await readFile(join(home, "mine.yaml"), "utf8")).toBe("mine");
  });

  it("leaves with 3 and says what is missing, in one document too", async () => {
    await writeFile(join(home, "empty.sh"), "echo nothing\n");
    const { exit, out } = await run(["import", "empty.sh", "--json"], { cwd: home });
    const { topology, remarks } = JSON.parse(out);
    expect([exit, topology]).toEqual([3, null]);
    expect(remarks).toContainEqual(
      expect.objectContaining({ file: "empty.sh", line: 1, fate: "not carried over", what: "echo nothing" }),
    );
    expect(remarks).toContainEqual(expect.objectContaining({ missing: true, why: "no command starts an engine" }));
  });

  it("refuses options that it cannot read, and files that are not there", async () => {
    expect((await run(["import", "serve.sh", "--node", "gpu-0"], { cwd: home })).exit).toBe(2);
    expect((await run(["import", "absent.sh"], { cwd: home })).exit).toBe(2);
  });
});
