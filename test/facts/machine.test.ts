import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readFacts } from "../../src/facts/index.ts";
import { quote } from "../../src/quote.ts";

const script = (name: string) => readFileSync(new URL(`../../templates/gather/${name}.sh`, import.meta.url), "utf8");
const times = { sentMs: 0, gotMs: 0 };
const home = mkdtempSync(join(tmpdir(), "machine-"));
afterAll(() => rmSync(home, { recursive: true }));

function asked(head: string, env: NodeJS.ProcessEnv = {}) {
  const input = `PD_PATHS=() PD_HOST= PD_PYTHON=\n${head}\n${script("node")}`;
  const text = execFileSync("bash", ["--noprofile", "--norc"], {
    input,
    encoding: "utf8",
    env: { ...process.env, ...env },
  });
  return readFacts("here", text, times);
}

describe("what services will find on the node, from the real script", () => {
  it("limits: memory, shared memory, what may be locked", () => {
    const { limits } = asked("ulimit -l 64") ?? {};
    expect(limits?.memlock).toBe(65_536);
    expect(limits?.memory?.total).toBeGreaterThan(limits?.memory?.available ?? 0);
    expect(limits?.shm?.size).toBeGreaterThan(0);
  });
  it("proxies, in whatever case they are written, and without their password", () => {
    const env = { http_proxy: "", HTTP_PROXY: "http://me:secret@cache:3128", no_proxy: "10.0.0.1,localhost" };
    expect(asked("", env)?.proxies).toMatchObject({
      http_proxy: "http://***@cache:3128",
      no_proxy: "10.0.0.1,localhost",
    });
  });
  it("the model: its config, digests, and the shards that its index names and that are not there", () => {
    const model = join(home, "a model");
    mkdirSync(model);
    const config = '{\n  "model_type": "llama"\n}\n';
    const index = { weight_map: { a: "model-1.safetensors", b: "model-2.safetensors", c: "model-2.safetensors" } };
    writeFileSync(join(model, "config.json"), config);
    writeFileSync(join(model, "model.safetensors.index.json"), JSON.stringify(index));
    writeFileSync(join(model, "model-1.safetensors"), "");
    const said = asked(`PD_MODEL=${quote("~/a model")}`, { HOME: home })?.model;
    expect(said).toMatchObject({
      digest: createHash("sha256").update(config).digest("hex"),
      indexDigest: createHash("sha256").update(JSON.stringify(index)).digest("hex"),
      missing: ["model-2.safetensors"],
    });
    expect(JSON.parse(said?.config ?? "")).toEqual({ model_type: "llama" });
    expect(asked("PD_MODEL=/no/such/model")?.model).toBeUndefined();
  });
  it("directories: there, writable, on which file system, and not there", () => {
    const { directories } = asked(`PD_DIRECTORIES=(${quote(home)} /proc/self '/no such')`) ?? {};
    expect(directories?.[home]).toMatchObject({ exists: true, writable: true });
    expect(directories?.[home]?.freeBytes).toBeGreaterThan(0);
    expect(directories?.["/proc/self"]?.type).toBe("proc");
    expect(directories?.["/no such"]).toMatchObject({ exists: false });
  });
  it("modules are found without being imported", () => {
    const python = join(home, "python");
    writeFileSync(python, '#!/bin/sh\nexec python3 "$@"\n', { mode: 0o755 });
    writeFileSync(join(home, "explodes.py"), "raise SystemExit('imported')\n");
    const env = { PYTHONPATH: home };
    expect(asked(`PD_PYTHON=${quote(python)} PD_MODULES=(explodes no_such_module)`, env)?.modules).toEqual({
      explodes: true,
      no_such_module: false,
    });
  });
  it("ports that are reserved in the ephemeral range are read as ranges", () => {
    const facts = readFacts("n0", "reserved-ports 5600,28001-28016\nend ok\n", times);
    expect(facts?.reserved).toEqual([
      { first: 5600, last: 5600 },
      { first: 28_001, last: 28_016 },
    ]);
  });
});

describe("whether a port of another node can be reached, from the real script", () => {
  it("tells a listener from a node that refuses", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as { port: number };
    const closed = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => closed.once("listening", resolve));
    const { port: free } = closed.address() as { port: number };
    await new Promise((resolve) => closed.close(resolve));
    const head = `PD_WAYS=('127.0.0.1 ${port}' '127.0.0.1 ${free}')\n`;
    const text = execFileSync("bash", [], { input: head + script("reach"), encoding: "utf8" });
    server.close();
    expect(new Set(text.trim().split("\n"))).toEqual(new Set([`127.0.0.1 ${port} open`, `127.0.0.1 ${free} refused`]));
  });
});
