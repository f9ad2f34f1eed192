import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { screen } from "../report/story.ts";
import { run } from "./run-pdctl.ts";

const root = join(import.meta.dirname, "../..");
const readme = await readFile(join(root, "README.md"), "utf8");
const blocks = [...readme.matchAll(/```(\w+)\n([\s\S]*?)```/g)].map(([, kind = "", text = ""]) => ({ kind, text }));
const commands = blocks.filter(({ kind }) => kind === "sh").flatMap(({ text }) => text.trim().split("\n"));
const topology = blocks.find(({ kind }) => kind === "yaml")?.text ?? "";
const inline = [...readme.matchAll(/`(pdctl [^`]+)`/g)].map(([, words = ""]) => words);

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "pdctl-readme-"));
  await writeFile(join(home, "cluster.yaml"), topology);
});
afterAll(() => rm(home, { recursive: true }));

const words = (command: string) => command.split(" ").slice(1);
const touches = (command: string) => !/^pdctl (validate|plan(?! --changes)|explain|--help)/.test(command);

describe("the README", () => {
  it("starts with the two commands that do everything", () => {
    expect(commands.slice(0, 2)).toEqual(["npm run demo", "npm test"]);
  });

  it.each([...commands, ...inline].filter((command) => command.startsWith("pdctl") && !touches(command)))(
    "%s works with the topology that it shows",
    async (command) => {
      const { exit, lines } = await run(words(command), { cwd: home });
      expect(exit, lines.join("\n")).toBe(0);
    },
  );

  it.concurrent("the other commands work in their order, on a cluster of this machine", {
    timeout: 60_000,
  }, async () => {
    await cp(join(root, "topologies/local.yaml"), join(home, "cluster.yaml"));
    const base = 26_000 + (process.pid % 300) * 20; // below the range that the kernel draws from
    const ports = [
      `proxy.port=${base}`,
      `prefill.port=${base + 1}`,
      `decode.port=${base + 5}`,
      `kv.transfer.side_channel_port=${base + 10}`,
    ];
    const sets = ["name=readme", ...ports].flatMap((set) => ["--set", set]);
    for (const command of commands.filter(
      (command) => command.startsWith("curl") || (command.startsWith("pdctl") && touches(command)),
    )) {
      if (command.startsWith("curl")) {
        const [, path = "", body = ""] = /http:\/\/[^/]+(\S+).* -d '(.*)'$/.exec(command) ?? [];
        const headers = { "content-type": "application/json" };
        const reply = await fetch(`http://127.0.0.1:${base}${path}`, {
          method: "POST",
          headers,
          body: body.replace("/models/Qwen3-32B", "pdctl/stand-in"),
        });
        expect(await reply.json()).toMatchObject({ choices: [{ finish_reason: "length" }] });
        continue;
      }
      const { exit, lines } = await run([...words(command), ...sets], { cwd: home });
      expect(exit, `${command}\n${lines.join("\n")}`).toBe(0);
    }
    const { exit } = await run(["status", ...sets], { cwd: home });
    expect(exit).toBe(1); // absent
  });

  it.concurrent("the demo brings a cluster up, breaks it, repairs it, and leaves nothing on this machine", {
    timeout: 60_000,
  }, async () => {
    const home = await mkdtemp(join(tmpdir(), "pdctl-demo-"));
    const { exit, out, err } = await run(["demo"], { cwd: home });
    expect([exit, err], out).toEqual([0, ""]);
    const specified = screen("demo").map(shape);
    const shown = out
      .trimEnd()
      .split("\n")
      .map(shape)
      .filter((line) => !line.startsWith("✔ status") && !line.startsWith("  text"));
    expect(shown.slice(0, -1)).toEqual(specified.slice(0, -1));
    const left = (await readdir(home, { recursive: true, withFileTypes: true })).filter(
      (entry) => !entry.isDirectory(),
    );
    expect(left.map(({ name }) => name)).toEqual([]);
    await rm(home, { recursive: true });
  });

  it("names every verb with its exit codes", async () => {
    const { out } = await run(["--help"]);
    const verbs = [...out.matchAll(/^(?:Write|Run|Look|Try)? +([a-z]+) {3,}/gm)].map(([, verb = ""]) => verb);
    for (const verb of verbs.filter((verb) => !["cluster", "one"].includes(verb)))
      expect(readme).toContain(`| \`${verb}\` |`);
  });
});

/** Without what differs from run to run: durations, ports, which decode, how many tokens. */
function shape(line: string): string {
  return line
    .replace(/ +[\d.]+s$/, " …s")
    .replace(/ after [\d.]+s/, " after …s")
    .replace(/ in \d+ms/, " in …ms")
    .replace(/\b\d+ of \d+ prompt/, "… of … prompt")
    .replace(/127\.0\.0\.1:\d+/, "127.0.0.1:…")
    .replace(/(prefill|decode)-\d(?= → |$)/g, "$1-…");
}
