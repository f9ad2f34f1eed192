import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { type Engine, engines, eventually, freePorts } from "./engines.ts";

const host = engines();
const serve = (port: number, env: Record<string, string> = {}, args = ""): Engine =>
  host.start(`tiny --host 127.0.0.1 --port ${port} --served-model-name m ${args}`.trim().split(" "), env);

describe("start", () => {
  it("costs less than half a second of a core, since a rehearsal starts dozens at once", async () => {
    const engine = await serve(await freePorts(1)).ready();
    const fields = statOf(engine.child.pid ?? 0);
    const ticks = Number(fields[11]) + Number(fields[12]); // user and system time, in hundredths of a second
    expect(ticks).toBeGreaterThan(0);
    expect(ticks).toBeLessThan(50);
  });

  it("refuses connections until it is loaded, and shows how far it is", async () => {
    const engine = serve(await freePorts(1), { PDCTL_SIM_LOAD_SECONDS: "0.4", PDCTL_SIM_SHARDS: "2" });
    await engine.says("Loading safetensors checkpoint shards:  50% Completed | 1/2");
    await expect(engine.get("/health")).rejects.toThrow();
    await engine.ready();
    expect((await engine.get("/health")).status).toBe(200);
  });

  it("ends at once, before anything is loaded, when its port is taken", async () => {
    const port = await freePorts(1);
    const other = createServer().listen(port, "127.0.0.1");
    const engine = serve(port);
    expect(await engine.exit).toMatchObject({ code: 1 });
    expect(engine.output).toContain("OSError: [Errno 98] Address already in use");
    expect(engine.output).not.toContain("Loading safetensors");
    other.close();
  });

  it("a flag that does not exist costs exit code 2", async () => {
    const engine = host.start(["tiny", "--enable-warp-drive"]);
    expect(await engine.exit).toMatchObject({ code: 2 });
    expect(engine.output.trim().split("\n").at(-1)).toBe("vllm: error: unrecognized arguments: --enable-warp-drive");
  });
});

describe("the environment", () => {
  it.each([
    ["a hash seed that Python refuses", { PYTHONHASHSEED: "abc" }, "PYTHONHASHSEED must be"],
    [
      "a port variable of Kubernetes",
      { VLLM_PORT: "tcp://10.0.0.1:80" },
      "VLLM_PORT 'tcp://10.0.0.1:80' appears to be a URI",
    ],
    [
      "two device lists that differ",
      { HIP_VISIBLE_DEVICES: "0", CUDA_VISIBLE_DEVICES: "1" },
      "Inconsistent GPU visibility env vars: HIP_VISIBLE_DEVICES='0' vs",
    ],
    [
      "a directory for sockets that is missing",
      { VLLM_RPC_BASE_PATH: "/no/such/run" },
      'No such file or directory for ipc path "/no/such/run/',
    ],
    ["one whose name is too long", { VLLM_RPC_BASE_PATH: `/tmp/${"x".repeat(80)}` }, "is longer than 107 characters"],
  ])("%s ends the engine", async (_, env, says) => {
    const engine = serve(await freePorts(1), env);
    expect(await engine.exit).toMatchObject({ code: 1 });
    expect(engine.output).toContain(says);
  });

  it("the socket file in the run directory goes with a clean end, and stays after SIGKILL", async () => {
    const env = { VLLM_RPC_BASE_PATH: host.directory };
    const sockets = () => readdirSync(host.directory).filter((name) => /^[0-9a-f-]{36}$/.test(name));
    const [clean, killed] = await Promise.all([
      serve(await freePorts(1), env).ready(),
      serve(await freePorts(1), env).ready(),
    ]);
    expect(sockets()).toHaveLength(2);
    await clean.kill("SIGTERM");
    expect(sockets()).toHaveLength(1);
    await killed.kill("SIGKILL");
    expect(sockets()).toHaveLength(1);
  });

  it("the publisher of KV events takes its port", async () => {
    const port = await freePorts(1);
    const events = JSON.stringify({
      enable_kv_cache_events: true,
      publisher: "zmq",
      endpoint: `tcp://127.0.0.1:${port}`,
    });
    const other = createServer().listen(port, "127.0.0.1");
    const engine = host.start(["tiny", "--port", String(await freePorts(1)), "--kv-events-config", events]);
    expect(await engine.exit).toMatchObject({ code: 1 });
    expect(engine.output).toContain(`Address already in use (addr='tcp://127.0.0.1:${port}')`);
    other.close();
  });
});

describe("end", () => {
  it("SIGTERM ends it cleanly, also with a request that runs", async () => {
    const engine = await serve(await freePorts(1), { PDCTL_SIM_MS_PER_TOKEN: "20" }).ready();
    const asked = engine.complete({ prompt: "x", max_tokens: 1000, ignore_eos: true });
    await eventually(async () => (await engine.metric("vllm:num_requests_running")) === 1, "it runs");
    expect(await engine.kill("SIGTERM")).toEqual({ code: 0, signal: null });
    expect((await asked).json.choices[0].finish_reason).toBe("abort");
  });

  it("with a shutdown time-out a request that runs is answered first", async () => {
    const engine = await serve(await freePorts(1), { PDCTL_SIM_MS_PER_TOKEN: "20" }, "--shutdown-timeout 5").ready();
    const asked = engine.complete({ prompt: "x", max_tokens: 10 });
    await eventually(async () => (await engine.metric("vllm:num_requests_running")) === 1, "it runs");
    expect(await engine.kill("SIGTERM")).toEqual({ code: 0, signal: null });
    expect((await asked).status).toBe(200);
  });

  it("SIGTERM while it loads ends it too", async () => {
    const engine = serve(await freePorts(1), { PDCTL_SIM_NEVER_READY: "1" });
    await engine.says("50% Completed");
    expect(await engine.kill("SIGTERM")).toEqual({ code: 0, signal: null });
  });
});

describe("faults", () => {
  it("an engine dies after its time, with its line and its code", async () => {
    const run = {
      PDCTL_RUN: "c/1/decode-0-1",
      PDCTL_SIM_FAULTS: '{"decode-0-1":{"dieAfterMs":50,"dieLine":"RuntimeError: NPU out of memory","dieExit":3}}',
    };
    const engine = serve(await freePorts(1), run);
    expect(await engine.exit).toEqual({ code: 3, signal: null });
    expect(engine.output).toContain("RuntimeError: NPU out of memory");
  });

  it("an engine dies by a signal once it is ready", async () => {
    const engine = serve(await freePorts(1), { PDCTL_SIM_DIE_AFTER_READY_MS: "20", PDCTL_SIM_DIE_SIGNAL: "SIGKILL" });
    expect(await engine.exit).toEqual({ code: null, signal: "SIGKILL" });
    expect(engine.output).toContain("Application startup complete.");
  });

  it("an engine that is unhealthy says 503, one that ignores SIGTERM stays", async () => {
    const engine = await serve(await freePorts(1), { PDCTL_SIM_UNHEALTHY: "1", PDCTL_SIM_IGNORE_TERM: "1" }).ready();
    expect((await engine.get("/health")).status).toBe(503);
    engine.child.kill("SIGTERM");
    await engine.says("SIGTERM ignored");
    expect((await engine.get("/version")).status).toBe(200);
  });

  it("an engine renames itself and leaves a child with a session of its own", async () => {
    const mark = `c/1/stray-${process.pid}`;
    const engine = await serve(await freePorts(1), {
      PDCTL_SIM_TITLE: "VLLM::EngineCore",
      PDCTL_SIM_STRAY_CHILD: "1",
      PDCTL_RUN: mark,
    }).ready();
    expect(readFileSync(`/proc/${engine.child.pid}/cmdline`, "utf8")).toContain("VLLM::EngineCore");
    await engine.says("left a child behind: pid ");
    const stray = Number(/left a child behind: pid (\d+)/.exec(engine.output)?.[1]);
    try {
      expect(readFileSync(`/proc/${stray}/environ`, "utf8")).toContain(`PDCTL_RUN=${mark}`);
      const [session, parent] = sessionOf(stray);
      expect(session).not.toBe(sessionOf(engine.child.pid ?? 0)[0]);
      expect(parent).not.toBe(engine.child.pid);
    } finally {
      process.kill(stray, "SIGKILL");
    }
  });
});

/** The fields of /proc/PID/stat behind the name, counted from 0: state, parent, group, session … */
const statOf = (pid: number): readonly string[] =>
  readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");

const sessionOf = (pid: number): [session: number, parent: number] => [Number(statOf(pid)[3]), Number(statOf(pid)[1])];

describe("mooncake_master", () => {
  it("opens its rpc and metrics ports, is healthy, and ends on SIGTERM; a second one on its metrics port does not start", async () => {
    const [rpc, metrics] = [await freePorts(1), await freePorts(1)];
    const args = `mooncake_master --port ${rpc} --metrics_port=${metrics} --eviction_high_watermark_ratio 0.9 --eviction_ratio 0.1 --default_kv_lease_ttl 11000`;
    const master = host.start(args.split(" "));
    await master.says(`Master service started on port ${rpc}`);
    await master.says(`Master admin server started on port ${metrics}`);
    expect(await (await fetch(`http://127.0.0.1:${metrics}/health`)).json()).toMatchObject({ service_ready: true });
    const second = host.start(`mooncake_master --rpc_port ${await freePorts(1)} --metrics_port ${metrics}`.split(" "));
    expect(await second.exit).toMatchObject({ code: 1 });
    expect(second.output).toContain("Address already in use");
    expect(await master.kill("SIGTERM")).toEqual({ code: 0, signal: null });
  });
});
