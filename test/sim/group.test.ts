import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { type Engine, engines, eventually, freePorts } from "./engines.ts";

const host = engines();
const moe = { PDCTL_SIM_MODEL_KIND: "moe", PDCTL_SIM_MS_DEATH: "100" };

const serve = (port: number, rpc: number, args: string, env: Record<string, string> = {}): Engine =>
  host.start(
    `tiny --host 127.0.0.1 --port ${port} --served-model-name m --data-parallel-address 127.0.0.1 --data-parallel-rpc-port ${rpc} ${args}`
      .trim()
      .split(" "),
    { ...moe, ...env },
  );

function listening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(true));
    server.listen({ port, host: "127.0.0.1" }, () => server.close(() => resolve(false)));
  });
}

describe("one process per rank (external load balancing)", () => {
  it("no rank is ready before all are, the rpc port is open only until then, and each rank answers for itself", async () => {
    const [rpc, http] = [await freePorts(1), await freePorts(4)];
    const start = (rank: number) => serve(http + rank, rpc, `-dp 4 -dpn ${rank} -ep`);
    const three = [start(2), start(0), start(1)];
    await three[1]?.says("Loading safetensors checkpoint shards: 100%");
    await eventually(() => listening(rpc), "rank 0 listens");
    expect(three.some(({ output }) => output.includes("Application startup complete."))).toBe(false);
    const all = [...three, start(3)];
    await Promise.all(all.map((engine) => engine.ready()));
    expect(await listening(rpc)).toBe(false);
    const pages = await Promise.all(all.map((engine) => engine.get("/metrics")));
    expect(pages.map(({ text }) => /num_requests_running\{engine="(\d)"/.exec(text)?.[1])).toEqual([
      "2",
      "0",
      "1",
      "3",
    ]);
  });

  it("a rank that dies is noticed with the next request: 500, EngineDeadError, and the survivor ends", async () => {
    const [rpc, http] = [await freePorts(1), await freePorts(2)];
    const [zero, one] = [serve(http, rpc, "-dp 2 -dpn 0"), serve(http + 1, rpc, "-dp 2 -dpn 1")];
    await Promise.all([zero.ready(), one.ready()]);
    await one.kill("SIGKILL");
    expect((await zero.get("/health")).status).toBe(200);
    await eventually(async () => (await zero.complete({ prompt: "hello" })).status === 500, "the loss is seen");
    expect(await zero.exit).toMatchObject({ code: 0 });
    expect(zero.output).toContain("typically caused by a remote worker crash");
    expect(zero.output).toContain("EngineDeadError");
  });

  it("a request that runs when a rank dies does not hang", async () => {
    const [rpc, http] = [await freePorts(1), await freePorts(2)];
    const slow = { PDCTL_SIM_MS_PER_TOKEN: "50" };
    const [zero, one] = [serve(http, rpc, "-dp 2 -dpn 0", slow), serve(http + 1, rpc, "-dp 2 -dpn 1")];
    await Promise.all([zero.ready(), one.ready()]);
    const asked = zero.complete({ prompt: "hello", max_tokens: 1000, ignore_eos: true });
    await eventually(async () => (await zero.metric("vllm:num_requests_running")) === 1, "it runs");
    await one.kill("SIGKILL");
    expect((await asked).status).toBe(500);
    expect(await zero.exit).toMatchObject({ code: 0 });
  });

  it("ranks with different settings do not become a group", async () => {
    const [rpc, http] = [await freePorts(1), await freePorts(2)];
    const [zero, one] = [serve(http, rpc, "-dp 2 -dpn 0 -ep"), serve(http + 1, rpc, "-dp 2 -dpn 1 -ep --enable-eplb")];
    expect(await zero.exit).toMatchObject({ code: 1 });
    expect(zero.output).toContain("Configuration mismatch detected for engine 1.");
    expect(await one.exit).toMatchObject({ code: 1 });
  });

  it("rank 0 waits for a missing rank without a word; the other side gives up after its time", async () => {
    const [rpc, http] = [await freePorts(1), await freePorts(2)];
    const one = serve(http + 1, rpc, "-dp 2 -dpn 1", { PDCTL_SIM_RENDEZVOUS_TIMEOUT_MS: "300" });
    expect(await one.exit).toMatchObject({ code: 1 });
    expect(one.output).toContain("Did not receive response from front-end process within 5 minutes");
  });

  it("an address that is not this node's ends rank 0", async () => {
    const engine = host.start(
      `tiny --port ${await freePorts(1)} -dp 2 -dpn 0 -dpa 192.0.2.7 -dpp 13345`.split(" "),
      moe,
    );
    expect(await engine.exit).toMatchObject({ code: 1 });
    expect(engine.output).toContain("Cannot assign requested address (addr='tcp://192.0.2.7:");
  });

  it("a second instance on the same rpc port ends with zmq's words", async () => {
    const [rpc, http] = [await freePorts(1), await freePorts(2)];
    const first = serve(http, rpc, "-dp 2 -dpn 0");
    await first.says("Started DP Coordinator process");
    await eventually(() => listening(rpc), "the first listens");
    const second = serve(http + 1, rpc, "-dp 2 -dpn 0");
    expect(await second.exit).toMatchObject({ code: 1 });
    expect(second.output).toContain(`zmq.error.ZMQError: Address already in use (addr='tcp://127.0.0.1:${rpc}')`);
  });
});

describe("one endpoint per node (hybrid load balancing)", () => {
  it("each node serves its own ranks only, chosen by their local number", async () => {
    const [rpc, http] = [await freePorts(1), await freePorts(2)];
    const nodes = [serve(http, rpc, "-dp 4 -dpl 2 -dph"), serve(http + 1, rpc, "-dp 4 -dpl 2 -dph -dpr 2")];
    await Promise.all(nodes.map((node) => node.ready()));
    const [, second] = nodes;
    expect((await second?.complete({ prompt: "a" }, { "x-data-parallel-rank": "1" }))?.status).toBe(200);
    expect(await second?.metric("vllm:request_success_total", 'engine="3",finished_reason="length"')).toBe(1);
    expect((await second?.complete({ prompt: "a" }, { "x-data-parallel-rank": "2" }))?.status).toBe(400);
    expect((await second?.complete({ prompt: "a" }, { "x-data-parallel-rank": "first" }))?.status).toBe(200);
    for (let at = 0; at < 3; at++) await second?.complete({ prompt: "a" });
    expect(await second?.metric("vllm:prompt_tokens_total", 'engine="2"')).toBeGreaterThan(1);
  });
});

describe("one endpoint for all (internal load balancing)", () => {
  it("the head answers for the ranks of headless nodes, in the same words", async () => {
    const [rpc, http] = [await freePorts(1), await freePorts(1)];
    const head = serve(http, rpc, "-dp 4 -dpl 2");
    const headless = host.start(
      `tiny --headless -dp 4 -dpl 2 -dpr 2 -dpa 127.0.0.1 -dpp ${rpc} --served-model-name m`.split(" "),
      moe,
    );
    await head.ready();
    const answers = await Promise.all(
      [0, 1, 2, 3].map((rank) => head.complete({ prompt: "who are you" }, { "x-data-parallel-rank": String(rank) })),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(new Set(answers.map(({ json }) => json.choices[0].text)).size).toBe(1);
    await eventually(
      async () => (await head.metric("vllm:request_success_total", 'engine="3",finished_reason="length"')) === 1,
      "the head counts what rank 3 did",
    );
    expect(headless.output).toContain("Launching 2 data parallel engine(s) in headless mode");
  });

  it("a head without engines of its own serves those of the other nodes", async () => {
    const [rpc, http] = [await freePorts(1), await freePorts(1)];
    const head = serve(http, rpc, "-dp 2 -dpl 0 -tp 4", { CUDA_VISIBLE_DEVICES: "" });
    const args = `tiny --headless -dp 2 -dpl 2 -dpr 0 -tp 4 -dpa 127.0.0.1 -dpp ${rpc} --served-model-name m`;
    host.start(args.split(" "), { ...moe, CUDA_VISIBLE_DEVICES: "0,1,2,3,4,5,6,7" });
    await head.ready();
    expect((await head.complete({ prompt: "hello" })).status).toBe(200);
  });

  it("a client that leaves frees a rank on a headless node", async () => {
    const [rpc, http] = [await freePorts(1), await freePorts(1)];
    const slow = { PDCTL_SIM_MS_PER_TOKEN: "20" };
    const head = serve(http, rpc, "-dp 2 -dpl 1", slow);
    host.start(`tiny --headless -dp 2 -dpl 1 -dpr 1 -dpa 127.0.0.1 -dpp ${rpc} --served-model-name m`.split(" "), {
      ...moe,
      ...slow,
    });
    await head.ready();
    const leave = new AbortController();
    const asked = head.post(
      "/v1/completions",
      { model: "m", prompt: "x", max_tokens: 1000, ignore_eos: true },
      { "x-data-parallel-rank": "1" },
      leave.signal,
    );
    await eventually(async () => (await head.metric("vllm:num_requests_running", 'engine="1"')) === 1, "it runs");
    leave.abort();
    await expect(asked).rejects.toThrow();
    await eventually(async () => (await head.metric("vllm:num_requests_running", 'engine="1"')) === 0, "it is gone");
  });

  it("a head with start-rank 0 and one local rank refuses its headless peers", async () => {
    const [rpc, http] = [await freePorts(1), await freePorts(1)];
    const head = serve(http, rpc, "-dp 2 -dpl 1 -dpr 0");
    host.start(`tiny --headless -dp 2 -dpl 1 -dpr 1 -dpa 127.0.0.1 -dpp ${rpc}`.split(" "), {
      ...moe,
      PDCTL_SIM_RENDEZVOUS_TIMEOUT_MS: "500",
    });
    expect(await head.exit).toMatchObject({ code: 1 });
    expect(head.output).toContain("Remote engine 1 must not use --headless in external or hybrid dp lb mode");
  });
});

describe("an engine over two nodes (tensor parallel)", () => {
  it("answers on node 0 only, when the other node has come", async () => {
    const [master, http] = [await freePorts(1), await freePorts(1)];
    const args = `tiny -tp 4 --nnodes 2 --master-addr 127.0.0.1 --master-port ${master} --port ${http} --host 127.0.0.1 --served-model-name m`;
    const devices = { CUDA_VISIBLE_DEVICES: "0,1" };
    const follower = host.start(`${args} --node-rank 1 --headless`.split(" "), devices);
    const leader = host.start(`${args} --node-rank 0`.split(" "), { ...devices, PDCTL_SIM_MS_DEATH: "50" });
    await leader.ready();
    expect((await leader.complete({ prompt: "hello" })).status).toBe(200);
    await follower.kill();
    await eventually(async () => (await leader.complete({ prompt: "hello" })).status === 500, "the loss is seen");
    expect(await leader.exit).toMatchObject({ code: 0 });
  });
});

describe("one command, one port per rank (multi-port external)", () => {
  it("each rank has its port, the supervisor answers for all", async () => {
    const http = await freePorts(3);
    const engine = serve(http, await freePorts(1), `-dp 2 -dpl 2 -dpm --data-parallel-supervisor-port ${http + 2}`);
    await engine.ready();
    const status = async (port: number) => (await fetch(`http://127.0.0.1:${port}/health`)).status;
    expect(await Promise.all([0, 1, 2].map((at) => status(http + at)))).toEqual([200, 200, 200]);
  });
});
