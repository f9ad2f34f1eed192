/** The proxy commands of the five documents, as they stand there, from the program's name on; place-holders have a value. */
export interface SeedCommand {
  readonly line: string;
  readonly words: string;
  /** What the config has to hold; the targets of each role in their order. */
  readonly holds: Readonly<Record<string, unknown>>;
  readonly prefill: readonly string[];
  readonly decode: readonly string[];
  readonly slots?: number;
}

const router = `vllm-router
    --policy round_robin \\
    --vllm-pd-disaggregation \\
    --max-concurrent-requests 9216 \\
    --prefill http://p0-master:8087 \\
    --prefill http://p0-worker:8087 \\
    --prefill http://p1-master:8087 \\
    --prefill http://p1-worker:8087 \\
    --decode http://d0-master:8087 \\
    --decode http://d0-worker:8087 \\
    --host 0.0.0.0 \\
    --port 8123 \\
    --intra-node-data-parallel-size 4`;

export const seedCommands: readonly SeedCommand[] = [
  {
    line: "000:112",
    words: `toy_proxy_server.py \\
  --port 8192 \\
  --prefiller-hosts 10.0.0.1 \\
  --prefiller-ports 8100 \\
  --decoder-hosts 10.0.0.2 \\
  --decoder-ports 8200`,
    holds: { bind: "0.0.0.0", port: 8192, family: "relay" },
    prefill: ["http://10.0.0.1:8100"],
    decode: ["http://10.0.0.2:8200"],
  },
  {
    line: "001:181",
    words: router,
    holds: {
      bind: "0.0.0.0",
      port: 8123,
      family: "relay",
      prefill_policy: "round_robin",
      decode_policy: "round_robin",
      max_concurrent: 9216,
    },
    prefill: ["p0-master", "p0-worker", "p1-master", "p1-worker"].map((host) => `http://${host}:8087`),
    decode: ["d0-master", "d0-worker"].map((host) => `http://${host}:8087`),
    slots: 4,
  },
  {
    line: "002:82",
    words:
      "toy_proxy_server.py --pd-disaggregation --host localhost --port 7802 --prefiller-host 10.0.2.1 --prefiller-port 7800 --decoder-host 10.0.2.2 --decoder-port 7801",
    holds: { bind: "localhost", port: 7802, family: "shared-store" },
    prefill: ["http://10.0.2.1:7800"],
    decode: ["http://10.0.2.2:7801"],
  },
  {
    // its document leaves --pd-disaggregation out, and UCM's proxy would then ignore both lists: here the two legs are taken, and the note says how to name the store
    line: "002:180",
    words:
      "toy_proxy_server.py --host localhost --port 7802 --prefiller-host 10.0.2.1 --prefiller-port 7800 --decoder-host 10.0.2.2 --decoder-port 7801",
    holds: { bind: "localhost", port: 7802, family: "relay" },
    prefill: ["http://10.0.2.1:7800"],
    decode: ["http://10.0.2.2:7801"],
  },
  {
    line: "002:311",
    words:
      "toy_proxy_server.py --pd-disaggregation --host localhost --port 7805 --prefiller-hosts 10.0.2.1 10.0.2.1 --prefiller-port 7800 7801 --decoder-hosts 10.0.2.2 10.0.2.2 --decoder-ports 7802 7803",
    holds: { bind: "localhost", port: 7805, family: "shared-store" },
    prefill: ["http://10.0.2.1:7800", "http://10.0.2.1:7801"],
    decode: ["http://10.0.2.2:7802", "http://10.0.2.2:7803"],
  },
  {
    // llm-d has no such command: its sidecar is told of prefill request by request, and the one number of its scheduler means "always both legs"
    line: "003:229",
    words:
      "pdctl --host 0.0.0.0 --port 8080 --prefill http://10.0.3.11:8000 --decode http://10.0.3.12:8000 --kv-connector nixlv2",
    holds: { port: 8080, family: "relay" },
    prefill: ["http://10.0.3.11:8000"],
    decode: ["http://10.0.3.12:8000"],
  },
  {
    line: "004:304",
    words: `load_balance_proxy_server_example.py \\
  --port 7850 \\
  --host 0.0.0.0 \\
  --prefiller-hosts 192.168.10.1 192.168.10.1 192.168.10.2 192.168.10.2 \\
  --prefiller-ports 9000  9001 9000 9001 \\
  --decoder-hosts 192.168.10.3 192.168.10.3 192.168.10.4 192.168.10.4 \\
  --decoder-ports 9000 9001 9000 9001 \\
`,
    holds: { bind: "0.0.0.0", port: 7850, family: "relay", kv_hold_seconds: 480, length_capped: true },
    prefill: ["1:9000", "1:9001", "2:9000", "2:9001"].map((end) => `http://192.168.10.${end}`),
    decode: ["3:9000", "3:9001", "4:9000", "4:9001"].map((end) => `http://192.168.10.${end}`),
  },
  {
    line: "004:505",
    words: `load_balance_proxy_server_example.py \\
  --port 7850 \\
  --host 0.0.0.0 \\
  --prefiller-hosts 192.168.10.1 192.168.10.1 \\
  --prefiller-ports 9000  9001 \\
  --decoder-hosts 192.168.10.2 192.168.10.2 \\
  --decoder-ports 9000 9001 \\
`,
    holds: { bind: "0.0.0.0", port: 7850, family: "relay", length_capped: true },
    prefill: ["http://192.168.10.1:9000", "http://192.168.10.1:9001"],
    decode: ["http://192.168.10.2:9000", "http://192.168.10.2:9001"],
  },
];

/** The words of a shell's command without its program: quotes do not stand in them. */
export const wordsOf = ({ words }: SeedCommand): readonly string[] =>
  words
    .replaceAll("\\\n", " ")
    .split(/\s+/)
    .filter((word) => word !== "")
    .slice(1);
