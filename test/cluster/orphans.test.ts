import { expect, it } from "vitest";
import type { OrphanData } from "../../src/cluster/orphans/data.ts";
import { judgeNode } from "../../src/cluster/orphans/judge.ts";
import type { DeviceFact } from "../../src/facts/index.ts";
import { orphanLines } from "../../src/report/ending/orphan-lines.ts";
import type { MarkedProcess, StateRun, Traces } from "../../src/supervise/index.ts";

const stateDir = "/home/ops/.pdctl/demo/n1";
const process_ = (pid: number, more: Partial<MarkedProcess> = {}): MarkedProcess => ({
  pid,
  start: 100 + pid,
  user: "ops",
  own: true,
  seconds: 8_040,
  stateDir,
  cluster: "demo",
  generation: 2,
  service: "decode-0-0",
  command: "VLLM::EngineCore",
  ...more,
});
const run = (life: StateRun["life"], more: Partial<StateRun> = {}): StateRun => ({
  stateDir,
  generation: 2,
  service: "decode-0-0",
  life,
  ...more,
});
const state = { schema: 1, cluster: "demo", owner: "li@build-07", generation: 2, boot: "b0" } as const;
const node = (more: Partial<Traces>): Traces => ({
  processes: [],
  states: [{ stateDir, state }],
  runs: [],
  listening: [],
  holders: [],
  ...more,
});
const gpu = (holders: readonly number[]): DeviceFact => ({
  id: "1",
  name: "H100",
  totalMb: 81_559,
  usedMb: 500,
  faults: [],
  holders: holders.map((pid) => ({ pid, command: "python3", usedMb: 100 })),
});
const asked = { cluster: "demo", ports: [8200] };
const whys = (traces: Traces, devices: readonly DeviceFact[] = []) =>
  judgeNode("n1", traces, devices, asked).map(({ row }) => `${row.kind}: ${row.why}`);

it("an engine that its state counts among what runs is no orphan, whatever it is called", () => {
  expect(whys(node({ processes: [process_(7)], runs: [run("alive")] }))).toEqual([]);
});

it.each([
  ["its state is gone", node({ processes: [process_(7)], states: [] }), "the state that it names is gone"],
  ["its run is gone", node({ processes: [process_(7)] }), "its run is not in the state any more"],
  ["its engine died", node({ processes: [process_(7)], runs: [run("dead")] }), "it outlived its engine"],
  [
    "it was never started",
    node({ processes: [process_(7)], runs: [run("unstarted")] }),
    "nothing says that it was started",
  ],
  [
    "a newer one runs",
    node({ processes: [process_(7)], runs: [run("alive"), run("alive", { generation: 3 })] }),
    "generation 3 of it runs",
  ],
])("a marked process is an orphan when %s", (_, traces, why) => {
  expect(whys(traces)).toEqual([`orphan: ${why}`]);
});

it("another user's is never ended, another cluster's is no orphan, an unmarked one is nobody's to judge", () => {
  const other = { stateDir: "/home/ops/.pdctl/chat/m0", cluster: "chat" };
  const traces = node({
    processes: [
      process_(7, { own: false, user: "wu" }),
      process_(8, { ...other, service: "prefill-0-0" }),
      process_(9, { ...other, service: "proxy" }),
    ],
    states: [{ stateDir: other.stateDir, state: { ...state, cluster: "chat" } }],
    runs: [run("alive", { ...other, service: "prefill-0-0" }), run("alive", { ...other, service: "proxy" })],
    listening: [
      { port: 8200, pid: 812, user: "wu", command: "python3 -m http.server" },
      { port: 8200, pid: 812, user: "wu", command: "python3 -m http.server" },
      { port: 8000, pid: null, user: "?", command: "?" },
    ],
    holders: [
      { pid: 9, user: "ops", command: "python3" },
      { pid: 812, user: "wu", command: "python3 -m http.server" },
    ],
  });
  const judged = judgeNode("n1", traces, [gpu([812, 9])], asked);
  expect(
    judged.map(({ row: { kind, cluster, pids, ports, devices } }) => [kind, cluster, pids, ports, devices]),
  ).toEqual([
    ["foreign", "demo", [7], [], []],
    ["cluster", "chat", [8, 9], [], ["1"]],
    ["stranger", null, [812], [8200], ["1"]],
    ["stranger", null, [], [8000], []],
  ]);
  expect(judged.filter(({ row }) => row.kind === "orphan")).toEqual([]); // nothing to end
});

it("the table says what each is and whose, and what became of it", () => {
  const orphan = judgeNode(
    "n1",
    node({ processes: [process_(40112), process_(40113)], runs: [run("dead")] }),
    [gpu([40112])],
    asked,
  );
  const listening = [{ port: 8200, pid: null, user: "?", command: "?" }];
  const rows: OrphanData[] = [...judgeNode("n0", node({ listening }), [], asked), ...orphan].map(({ row }) => row);
  const ended = rows.map((row) => (row.kind === "orphan" ? { ...row, state: "ended" as const } : row));
  expect([...orphanLines(rows), ...orphanLines(ended)]).toEqual([
    "  NODE  WHAT                   WHOSE        PID          PORTS  DEVICES  AGE     WHY",
    "✖ n1    decode-0-0 of demo, 2  li@build-07  40112,40113  -      1        2h 14m  it outlived its engine",
    "⚠ n0    ?                      ?            ?            8200   -        -       listens on a port of the plan",
    "",
    "  NODE  WHAT                   WHOSE        PID          PORTS  DEVICES  AGE     WHY",
    "✔ n1    decode-0-0 of demo, 2  li@build-07  40112,40113  -      1        2h 14m  it outlived its engine; ended",
    "⚠ n0    ?                      ?            ?            8200   -        -       listens on a port of the plan",
    "",
  ]);
});
