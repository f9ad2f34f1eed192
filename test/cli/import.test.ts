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

  it("asks for a port that a document leaves open, and takes it; what was written is named with the next command", async () => {
    const engine = (role: string, port: string) =>
      `vllm serve m --host 10.0.0.1 --port ${port} --kv-transfer-config '{"kv_connector":"NixlConnector","kv_role":"kv_${role}"}'`;
    const proxy = "--host 0.0.0.0 --prefiller-hosts 10.0.0.1 --prefiller-ports <pport> --decoder-hosts 10.0.0.1";
    const text = [
      engine("producer", "<pport>"),
      engine("consumer", "8200"),
      `python toy_proxy_server.py ${proxy} --decoder-ports 8200`,
    ];
    await writeFile(join(home, "open.md"), ["```bash", ...text, "```", ""].join("\n"));
    const words = ["import", "open.md", "--node", "n0=10.0.0.1,hardware=cuda,devices=2", "-o", "open.yaml", "--force"];
    const open = await run(words, { cwd: home });
    expect(open.err.split("\n")).toContain(
      "✖ open.md:2  not carried over  ⟨pport⟩: the text leaves this port open: --value pport=PORT",
    );
    expect([open.exit, open.err]).toEqual([3, expect.stringContaining("⚠ wrote open.yaml: what is marked ✖ is yours")]);
    const closed = await run([...words, "--value", "pport=8100"], { cwd: home });
    expect([closed.exit, closed.err]).toEqual([
      0,
      expect.stringMatching(/✔ wrote open\.yaml\n {2}next {4}pdctl plan open\.yaml\n$/),
    ]);
    expect(await readFile(join(home, "open.yaml"), "utf8")).toMatch(/prefill: \{ nodes: \[n0\], port: 8100 \}/);
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
