/**
 * A topology of so many nodes with eight devices each: every node is an instance of eight ranks, one process per rank, half of them prefill.
 * @param {number} nodes  even
 * @returns {string} the file
 */
export function manyNodes(nodes) {
  const half = nodes / 2;
  const groups = Array.from({ length: Math.ceil(nodes / 250) }, (_, group) => {
    const [first, last] = [group * 250 + 1, Math.min(nodes, group * 250 + 250)];
    return `  - { name: "n[${four(first)}-${four(last)}]", host: "10.0.${group}.[1-${last - first + 1}]", nic: eth0, hardware: cuda, devices: 8 }`;
  });
  return `version: 1
name: many
model: { path: /models/Qwen3-235B-A22B, kind: moe }
nodes:
${groups.join("\n")}
kv: { transfer: { connector: nixl } }
engine:
  parallel: { tp: 1, dp: 8, dp_lb: external, expert_parallel: true }
  args: { max-model-len: 32768, gpu-memory-utilization: 0.9 }
prefill: { nodes: "n[0001-${four(half)}]", instances: ${half} }
decode: { nodes: "n[${four(half + 1)}-${four(nodes)}]", instances: ${half} }
proxy: { node: n0001, port: 30000 }
`;
}

const four = (number) => String(number).padStart(4, "0");
