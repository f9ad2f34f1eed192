import { describe, expect, it } from "vitest";
import { plan } from "../../src/plan/index.ts";
import { topologyFrom } from "../plan/topologies.ts";

/** Instances of one role on different accelerators, with sizes, arguments, variables and ports of their own. */
const MIXED = `
version: 1
name: mixed
model: { path: /models/m, kind: moe }
nodes:
  - { name: "h[0-1]", host: "10.0.0.1[0-1]", nic: eth0, hardware: cuda, devices: 8, env: { NCCL_IB_HCA: mlx5_0 } }
  - { name: g0, host: 10.0.0.20, nic: eth1, hardware: gb200 }
  - { name: "d[0-1]", host: "10.0.0.3[0-1]", nic: eth0, hardware: cuda, devices: 8 }
kv: { transfer: { connector: nixl } }
engine: { args: { max-num-seqs: 8, seed: 1 }, env: { A: all } }
prefill:
  args: { enforce-eager: true }
  instances:
    - { name: wide, nodes: "h[0-1]", parallel: { tp: 16 }, side_channel_port: 5900 }
    - { name: blackwell, nodes: g0, count: 2, parallel: { tp: 2 }, args: { max-num-seqs: 64, seed: null }, env: { A: mine, B: b } }
decode:
  nodes: "d[0-1]"
  port: 8300
  parallel: { tp: 1, dp: 16, dp_lb: hybrid, expert_parallel: true, rpc_port: 13400 }
proxy: { node: h0, port: 8000 }
`.replace("", "");

describe("instances that differ", () => {
  const { plan: made, findings } = plan(topologyFrom(MIXED));
  const service = (id: string) => made.services.find((one) => one.id === id);

  it("is a plan without a word", () => expect(findings).toEqual([]));

  it("an engine over two nodes: one answers, the other follows it", () => {
    const [head, follower] = [service("prefill-wide-0"), service("prefill-wide-1")];
    expect(head?.argv.join(" ")).toContain("--nnodes 2 --node-rank 0 --master-addr 10.0.0.10 --master-port 29501 ");
    expect(follower?.argv.join(" ")).toContain(
      "--nnodes 2 --node-rank 1 --master-addr 10.0.0.10 --master-port 29501 --headless",
    );
    expect([head?.devices.length, follower?.devices.length]).toEqual([8, 8]);
    expect(head?.env).toMatchObject({ A: "all", NCCL_IB_HCA: "mlx5_0", VLLM_NIXL_SIDE_CHANNEL_PORT: "5900" });
  });

  it("two on one node of another accelerator, with what that is given", () => {
    const [first, second] = [service("prefill-blackwell-0-0"), service("prefill-blackwell-1-0")];
    expect([first?.devices, second?.devices]).toEqual([
      ["0", "1"],
      ["2", "3"],
    ]);
    expect(second?.env).toMatchObject({ A: "mine", B: "b", NCCL_MNNVL_ENABLE: "1", GLOO_SOCKET_IFNAME: "eth1" });
    const argv = second?.argv.join(" ") ?? "";
    expect(argv).toContain("--enforce-eager --max-num-seqs 64");
    expect(argv).not.toContain("--seed");
    expect(second?.listens.map(({ port }) => port)).toEqual([8101, 5602]);
  });

  it("and the proxy knows every endpoint with its ranks", () => {
    expect(made.targets.map(({ url, slots }) => `${url} ${slots}`)).toEqual([
      ...["http://10.0.0.10:8100 1", "http://10.0.0.20:8100 1", "http://10.0.0.20:8101 1"],
      ...["http://10.0.0.30:8300 8", "http://10.0.0.31:8300 8"],
    ]);
  });
});
