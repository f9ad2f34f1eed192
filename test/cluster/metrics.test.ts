import { expect, it } from "vitest";
import { readMetrics, total } from "../../src/cluster/serving/metrics.ts";

const text = `# HELP vllm:prompt_tokens_by_source_total x
# TYPE vllm:prompt_tokens_by_source_total counter
vllm:prompt_tokens_by_source_total{engine="0",source="local_compute"} 10
vllm:prompt_tokens_by_source_total{engine="1",source="local_compute"} 5
vllm:prompt_tokens_by_source_total{engine="1",source="external_kv_transfer"} 126.0 1720000000
vllm:request_success_total{model_name="a \\"b\\", c"} 1e3
up 1
`;

it("a proof counts only the source it is about, over all ranks or for one", () => {
  const samples = readMetrics(text);
  expect(total(samples, 'vllm:prompt_tokens_by_source_total{source="local_compute"}')).toBe(15);
  expect(total(samples, 'vllm:prompt_tokens_by_source_total{source="local_compute"}', 1)).toBe(5);
  expect(total(samples, 'vllm:prompt_tokens_by_source{source="external_kv_transfer"}')).toBe(126);
});

it("a counter that an engine does not have is unknown, not zero", () => {
  expect(total(readMetrics(text), "vllm:nixl_bytes_transferred_sum")).toBeUndefined();
});

it("labels may hold quotes and commas, values exponents", () => {
  expect(total(readMetrics(text), "vllm:request_success_total")).toBe(1000);
});
