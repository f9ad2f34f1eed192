import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
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
let machine: string; // where the same commands find a topology of this machine
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "pdctl-readme-"));
  machine = join(home, "machine");
  await mkdir(machine);
  await writeFile(join(home, "cluster.yaml"), topology);
  await cp(join(root, "topologies/local.yaml"), join(machine, "cluster.yaml"));
});
afterAll(() => rm(home, { recursive: true }));

const words = (command: string) => command.split(" ").slice(1);
const touches = (command: string) => !/^pdctl (validate|plan(?! --changes)|explain|--help)/.test(command);
const shown = [...new Set([...commands, ...inline])];
const looking = shown.filter((command) => command.startsWith("pdctl") && !touches(command));

const alters = (command: string) => /^pdctl (up|down|test|restart)/.test(command);

/** In the order of the page; what only the text names comes before the cluster is taken down. */
const acting = commands.filter((command) => /^(curl|pdctl) /.test(command) && !looking.includes(command));
const named = inline
  .filter((command) => !commands.includes(command) && !looking.includes(command))
  .sort((a, b) => Number(alters(a)) - Number(alters(b)));
const played = [...acting.filter((command) => command !== "pdctl down"), ...new Set(named), "pdctl down"];

/** Those that only look go together. */
const steps: string[][] = [];
for (const command of played) {
  const last = steps.at(-1);
  if (last === undefined || alters(command) || last.some(alters)) steps.push([command]);
  else last.push(command);
}

/** Names of the page for what the test calls otherwise. */
const here = (command: string) =>
  words(command).map((word) => ({ "mine.yaml": "cluster.yaml", first: "readme" })[word] ?? word);

describe("the README", () => {
  it("starts with the two commands that do everything", () => {
    expect(commands.slice(0, 2)).toEqual(["npm run demo", "npm test"]);
  });

  it("shows screens as the tests hold them to be", () => {
    const screens = blocks.filter(({ kind }) => kind === "text").map(({ text }) => text.trimEnd().split("\n"));
    expect(screens).toEqual([screen("up-died"), screen("demo")]);
  });

  it("shows no command that no test runs", () => {
    const run = new Set([...looking, ...played, "npm run demo", "npm run demo:vllm", "npm test"]); // test/real runs the last but one, the last runs this
    expect(shown.filter((command) => !run.has(command))).toEqual([]);
    expect(commands.at(-1)).toBe("pdctl down");
  });

  it.concurrent.each(looking)("%s works with the topology that it shows", async (command) => {
    const { exit, lines } = await run(here(command), { cwd: home });
    expect(exit, lines.join("\n")).toBe(0);
  });

  it.concurrent("the other commands work in their order, on a cluster of this machine", {
    timeout: 120_000,
  }, async () => {
    const base = 26_000 + (process.pid % 300) * 20; // below the range that the kernel draws from
    const ports = [
      `proxy.port=${base}`,
      `prefill.port=${base + 1}`,
      `decode.port=${base + 5}`,
      `kv.transfer.side_channel_port=${base + 10}`,
    ];
    const sets = ["name=readme", ...ports].flatMap((set) => ["--set", set]);
    const play = async (command: string) => {
      if (command.startsWith("curl")) {
        const [, path = "", body = ""] = /http:\/\/[^/]+(\S+).* -d '(.*)'$/.exec(command) ?? [];
        const headers = { "content-type": "application/json" };
        const reply = await fetch(`http://127.0.0.1:${base}${path}`, {
          method: "POST",
          headers,
          body: body.replace("/models/Qwen3-32B", "pdctl/stand-in"),
        });
        expect(await reply.json()).toMatchObject({ choices: [{ finish_reason: "length" }] });
        return;
      }
      const given = here(command);
      const at = given.includes("--") ? given.indexOf("--") : given.length; // behind it stands somebody else's command
      const { exit, lines } = await run([...given.slice(0, at), ...sets, ...given.slice(at)], { cwd: machine });
      expect(exit, `${command}\n${lines.join("\n")}`).toBe(0);
    };
    for (const step of steps) await Promise.all(step.map(play));
    const { exit } = await run(["status", ...sets], { cwd: machine });
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
    expect(shown).toEqual(specified);
    const left = (await readdir(home, { recursive: true, withFileTypes: true })).filter(
      (entry) => !entry.isDirectory(),
    );
    expect(left.map(({ name }) => name)).toEqual([]);
    await rm(home, { recursive: true });
  });

  it("names every verb with its exit codes", async () => {
    const { out } = await run(["--help"]);
    const verbs = [...out.matchAll(/^(?:Write|Run|Look|Share|Try)? +([a-z]+) {3,}/gm)].map(([, verb = ""]) => verb);
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
