import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ask } from "../client.ts";
import { type Dialect, FakeCluster } from "../fake/cluster.ts";
import { program, says } from "../program.ts";

const page = readFileSync(join(import.meta.dirname, "../../../docs/proxy.md"), "utf8");
const commands = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block = ""]) => block.trim().split("\n"));
const proxy = program();
const BODY = '{"model":"m","prompt":"one two three","max_tokens":3}';

/** Whose engines a command is for. */
const dialectOf = (command: string): Dialect =>
  /--pd-disaggregation|shared-store/.test(command)
    ? "ucm"
    : command.includes("192.168.10")
      ? "mooncake-ascend"
      : "nixl";

it("docs/proxy.md shows nothing but commands of the proxy", () => {
  expect(commands.length).toBeGreaterThan(6);
  expect(commands.filter((command) => !/^(npx )?pdctl proxy /.test(command))).toEqual([]);
});

it.each(commands)("%s", async (command) => {
  const words = command.replace(/^(npx )?pdctl proxy /, "").split(" ");
  const starts = !/--check|--print-config/.test(command);
  const cluster = new FakeCluster(dialectOf(command));
  const slots = Number(words[words.indexOf("--intra-node-data-parallel-size") + 1] ?? 1);
  const dpSize = words.includes("--intra-node-data-parallel-size") ? slots : 1;
  const here = await onEngines(words, cluster, dpSize);
  const run = proxy.run(...here);
  try {
    if (starts) {
      await says(run, /listening on/);
      const port = Number(/listening on \S+:(\d+),/.exec(run.said())?.[1]);
      await healthy(port);
      const headers = { "content-type": "application/json", "x-request-id": "one" };
      cluster.remember("one", { path: "/v1/completions", raw: BODY, headers, atDecode: BODY, alone: false });
      expect(await ask({ port, body: BODY, headers }), run.said()).toMatchObject({ status: 200, whole: true });
      expect(cluster.violations).toEqual([]);
      run.child.kill("SIGTERM");
    }
    expect(await run.exit, run.said()).toBe(0);
  } finally {
    run.child.kill("SIGKILL");
    await cluster.stop();
  }
});

/** The command's words with the addresses of engines that are there, and a free port to listen on. */
async function onEngines(words: readonly string[], cluster: FakeCluster, dpSize: number): Promise<readonly string[]> {
  const here: string[] = [];
  const engine = async (role: "prefill" | "decode") => new URL((await cluster.add(role, { dpSize })).url);
  const ports: string[] = [];
  let flag = "";
  for (const word of words) {
    if (word.startsWith("--")) {
      flag = word;
      here.push(word);
      continue;
    }
    const [, listed, what] = /^--(prefiller|decoder)-(host|port)s?$/.exec(flag) ?? [];
    if (flag === "--port") here.push("0");
    else if (flag === "--prefill" || flag === "--decode")
      here.push((await engine(flag === "--prefill" ? "prefill" : "decode")).origin);
    else if (what === "host") {
      const { hostname, port } = await engine(listed === "prefiller" ? "prefill" : "decode");
      ports.push(port);
      here.push(hostname);
    } else if (what === "port") here.push(ports.shift() ?? "");
    else here.push(word);
  }
  return here.includes("--port") ? here : [...here, "--port", "0"];
}

/** Asks until a pair can serve. */
async function healthy(port: number): Promise<void> {
  for (const deadline = performance.now() + 10_000; ; ) {
    const { status, text } = await ask({ port, path: "/health", method: "GET" });
    if (status === 200) return;
    if (performance.now() > deadline) throw new Error(`not healthy: ${text}`);
  }
}
