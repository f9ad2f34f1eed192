import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { plan } from "../../src/plan/index.ts";
import { loadTopology } from "../../src/topology/index.ts";

interface Row {
  readonly line: string;
  readonly topology: string;
  readonly set: readonly string[];
  /** The command of the document, its place-holders filled in. */
  readonly document: string;
  /** What the document gets wrong or leaves to chance. */
  readonly faults: readonly { readonly flag: string; readonly instead: string | null; readonly why: string }[];
  /** Command in place of the document's program. */
  readonly command: string;
  readonly ready: string;
}

const anywhere = (host: string) => ({ flag: host, instead: "--host 0.0.0.0", why: "localhost cannot be reached from another machine" });
const router = [
  { flag: "", instead: "--kv-connector nixl", why: "its default, written because kv.transfer decides it" },
  { flag: "", instead: "--prometheus-port 29000", why: "its default, written because the port is reserved" },
  { flag: "", instead: "--worker-startup-timeout-secs 900", why: "its own 600 s may be over before the engines are up: timeouts.ready" },
];

const rows: readonly Row[] = [
  {
    line: "001:180-193",
    topology: "gb200-deepseek-nixl",
    set: ["proxy.kind=vllm-router", "proxy.command=[cargo,run,--release,--]"],
    document:
      "cargo run --release -- --policy round_robin --vllm-pd-disaggregation --max-concurrent-requests 9216 --prefill http://10.0.1.10:8087 --prefill http://10.0.1.11:8087 --prefill http://10.0.1.12:8087 --prefill http://10.0.1.13:8087 --decode http://10.0.1.14:8087 --decode http://10.0.1.15:8087 --host 0.0.0.0 --port 8123 --intra-node-data-parallel-size 4",
    command: "cargo run --release --",
    faults: router,
    ready: "http://10.0.1.20:8123/health",
  },
  {
    line: "001:180-193 the program of the wheel",
    topology: "gb200-deepseek-nixl",
    set: ["proxy.kind=vllm-router"],
    document:
      "vllm-router --policy round_robin --vllm-pd-disaggregation --max-concurrent-requests 9216 --prefill http://10.0.1.10:8087 --prefill http://10.0.1.11:8087 --prefill http://10.0.1.12:8087 --prefill http://10.0.1.13:8087 --decode http://10.0.1.14:8087 --decode http://10.0.1.15:8087 --host 0.0.0.0 --port 8123 --intra-node-data-parallel-size 4",
    command: "vllm-router",
    faults: router,
    ready: "http://10.0.1.20:8123/health",
  },
  {
    line: "000:112-117",
    topology: "cuda-gaudi-nixl",
    set: ["proxy.kind=vllm-toy", "proxy.command=[python,toy_proxy_server.py]"],
    document: "python toy_proxy_server.py --port 8000 --prefiller-hosts 10.0.0.1 --prefiller-ports 8100 --decoder-hosts 10.0.0.2 --decoder-ports 8200",
    command: "python toy_proxy_server.py",
    faults: [{ flag: "", instead: "--host 0.0.0.0", why: "unset it is 127.0.0.1" }],
    ready: "http://10.0.0.2:8000/healthcheck",
  },
  {
    line: "002:81-82",
    topology: "ucm-1p1d",
    set: ["proxy.kind=ucm-toy", "proxy.command=[python3,toy_proxy_server.py]"],
    document: "python3 toy_proxy_server.py --pd-disaggregation --host localhost --port 7802 --prefiller-hosts 10.0.2.1 --prefiller-ports 7800 --decoder-hosts 10.0.2.1 --decoder-ports 7801",
    command: "python3 toy_proxy_server.py",
    faults: [anywhere("--host localhost")],
    ready: "http://10.0.2.1:7802/healthcheck",
  },
  {
    line: "002:179-180",
    topology: "ucm-cross-platform",
    set: ["proxy.kind=ucm-toy", "proxy.command=[python3,toy_proxy_server.py]"],
    document: "python3 toy_proxy_server.py --host localhost --port 7802 --prefiller-hosts 10.0.2.1 --prefiller-ports 7800 --decoder-hosts 10.0.2.2 --decoder-ports 7801",
    command: "python3 toy_proxy_server.py",
    faults: [anywhere("--host localhost"), { flag: "", instead: "--pd-disaggregation", why: "without it both lists are ignored: U10" }],
    ready: "http://10.0.2.2:7802/healthcheck",
  },
  {
    line: "002:310-311",
    topology: "ucm-xpyd",
    set: ["proxy.kind=ucm-toy"],
    document:
      "python3 toy_proxy_server.py --pd-disaggregation --host localhost --port 7805 --prefiller-hosts 10.0.2.1 10.0.2.1 --prefiller-ports 7800 7801 --decoder-hosts 10.0.2.1 10.0.2.1 --decoder-ports 7802 7803",
    command: "python3 /vllm-workspace/unified-cache-management/ucm/pd/toy_proxy_server.py",
    faults: [anywhere("--host localhost")],
    ready: "http://10.0.2.1:7805/healthcheck",
  },
  {
    line: "004:304-311",
    topology: "ascend-moe-mooncake",
    set: ["proxy.kind=ascend"],
    document:
      "python /vllm-workspace/vllm-ascend/examples/disaggregated_prefill_v1/load_balance_proxy_server_example.py --port 7850 --host 0.0.0.0 --prefiller-hosts 192.168.10.1 192.168.10.1 192.168.10.2 192.168.10.2 --prefiller-ports 9000 9001 9000 9001 --decoder-hosts 192.168.10.3 192.168.10.3 192.168.10.4 192.168.10.4 --decoder-ports 9000 9001 9000 9001",
    command: "python /vllm-workspace/vllm-ascend/examples/disaggregated_prefill_v1/load_balance_proxy_server_example.py",
    faults: [],
    ready: "http://192.168.10.1:7850/healthcheck",
  },
  {
    line: "004:504-512",
    topology: "ascend-dense-mooncake",
    set: ["proxy.kind=ascend"],
    document:
      "python /vllm-workspace/vllm-ascend/examples/disaggregated_prefill_v1/load_balance_proxy_server_example.py --port 7850 --host 0.0.0.0 --prefiller-hosts 192.168.10.1 192.168.10.1 --prefiller-ports 9000 9001 --decoder-hosts 192.168.10.2 192.168.10.2 --decoder-ports 9000 9001",
    command: "python /vllm-workspace/vllm-ascend/examples/disaggregated_prefill_v1/load_balance_proxy_server_example.py",
    faults: [],
    ready: "http://192.168.10.1:7850/healthcheck",
  },
  {
    line: "layerwise, which no document shows",
    topology: "ascend-moe-mooncake",
    set: ["proxy.kind=ascend-layerwise", "proxy.bind=192.168.10.1", "kv.transfer.variant=layerwise"],
    document:
      "proxy --port 7850 --host 192.168.10.1 --prefiller-hosts 192.168.10.1 192.168.10.1 192.168.10.2 192.168.10.2 --prefiller-ports 9000 9001 9000 9001 --decoder-hosts 192.168.10.3 192.168.10.3 192.168.10.4 192.168.10.4 --decoder-ports 9000 9001 9000 9001",
    command: "python /vllm-workspace/vllm-ascend/examples/disaggregated_prefill_v1/load_balance_proxy_layerwise_server_example.py",
    faults: [],
    ready: "http://192.168.10.1:7850/healthcheck",
  },
  {
    line: "003, as the chart of its guide starts the sidecar",
    topology: "mi300x-llama-nixl",
    set: ["proxy.kind=llm-d-sidecar"],
    document: "pd-sidecar --port 8080 --vllm-port 8200 --connector nixlv2 --secure-proxy=false",
    command: "pd-sidecar",
    faults: [
      { flag: "--connector nixlv2", instead: "--kv-connector nixlv2", why: "the name since v0.8" },
      { flag: "", instead: "--enable-prefiller-sampling", why: "one of several prefill endpoints, where no scheduler chooses" },
    ],
    ready: "http://10.0.3.11:8080/health",
  },
];

function made({ topology, set, rehearse = false }: Pick<Row, "topology" | "set"> & { readonly rehearse?: boolean }) {
  const file = fileURLToPath(new URL(`../../topologies/${topology}.yaml`, import.meta.url));
  const read = (path: string) => (existsSync(path) ? readFileSync(path) : undefined);
  const loaded = loadTopology({ file, read }, { set, hosts: [] });
  if (loaded.draft === undefined) throw new Error(loaded.diagnostics.map(({ title }) => title).join("; "));
  const { plan: value, findings } = plan(loaded.draft, [], { rehearse });
  const proxy = value.services.find(({ kind }) => kind === "proxy");
  if (proxy === undefined) throw new Error(`${topology} has no proxy`);
  return { proxy, smoke: value.smoke, said: [...loaded.diagnostics, ...findings].filter(({ level }) => level !== "note").map(({ code, title }) => `${code} ${title}`) };
}

/** Every flag with its values, sorted, so that the order does not matter and a repeated one counts each time. */
const flags = (words: readonly string[]): readonly string[] =>
  words
    .join(" ")
    .split(/ (?=--[a-z])/)
    .toSorted((a, b) => (a < b ? -1 : 1));

describe("a user who names the proxy of a document gets the document's command line, less its faults", () => {
  it.each(rows)("$line", (row) => {
    const { proxy, said } = made(row);
    const head = row.command.split(" ");
    expect(proxy.argv.slice(0, head.length)).toEqual(head);
    const wrong = row.faults.map(({ flag }) => flag).filter((flag) => flag !== "");
    const written = flags(row.document.slice(row.document.search(/ --(?=[a-z])/) + 1).replace(/^--release -- /, "").split(" "));
    expect(written).toEqual(expect.arrayContaining(wrong));
    const right = [...written.filter((flag) => !wrong.includes(flag)), ...row.faults.flatMap(({ instead }) => instead ?? [])];
    expect(flags(proxy.argv.slice(head.length))).toEqual(right.toSorted((a, b) => (a < b ? -1 : 1)));
    const [ready] = proxy.ready;
    expect(ready?.kind === "http" && `http://${ready.host}:${ready.port}${ready.path}`).toBe(row.ready);
    expect(said).toEqual([]);
  });
});

describe("a user of llm-d's sidecar", () => {
  it("gets a smoke that asks for both legs, as the scheduler would", () => {
    const { smoke } = made({ topology: "mi300x-llama-nixl", set: ["proxy.kind=llm-d-sidecar"] });
    expect(smoke.headers).toEqual({ "x-prefiller-host-port": "10.0.3.10:8000" });
  });
});

describe("a user's own words for another proxy", () => {
  const given = (...set: string[]) => made({ topology: "gb200-deepseek-nixl", set: ["proxy.kind=vllm-router", ...set] }).proxy;

  it("take the place of what the plan would write, where they are allowed to", () => {
    const { argv } = given("proxy.args.policy=cache_aware", "proxy.args.prometheus-port=29100", "proxy.args.log-level=warn");
    expect(argv.slice(0, 3)).toEqual(["vllm-router", "--policy", "cache_aware"]);
    expect(argv.filter((word) => word === "--policy")).toHaveLength(1);
    expect(argv.slice(-2)).toEqual(["--log-level", "warn"]);
    expect(argv[argv.indexOf("--prometheus-port") + 1]).toBe("29100");
  });

  it("move the listener that they name, so that its port is reserved where it is", () => {
    expect(given().listens).toContainEqual({ port: 29000, purpose: "prometheus", bind: "127.0.0.1" });
    expect(given("proxy.args.prometheus-port=29100", "proxy.args.prometheus-host=0.0.0.0").listens).toEqual([
      { port: 8123, purpose: "http", bind: "0.0.0.0" },
      { port: 29100, purpose: "prometheus", bind: "0.0.0.0" },
    ]);
  });

  it("001:180 name its environment", () => {
    const { env } = given("proxy.venv=/opt/router", "proxy.env.RUST_LOG=warn");
    expect(env).toEqual({ PATH: { prepend: ["/opt/router/bin"], append: [] }, RUST_LOG: "warn", VIRTUAL_ENV: "/opt/router" });
  });

  it("are of no effect in a rehearsal, which has pdctl's own proxy", () => {
    const { proxy } = made({ topology: "gb200-deepseek-nixl", set: ["proxy.kind=vllm-router", "proxy.venv=/opt/router"], rehearse: true });
    expect(proxy.argv).toContain("--config");
    expect(proxy.env).toEqual({});
    expect(proxy.listens).toEqual([{ port: 8123, purpose: "http", bind: "0.0.0.0" }]);
  });
});
