import type { Case, Differs, Section } from "../case.ts";
import type { Line, Refusal } from "../launcher.ts";

const kv = (fields: object) => ["--kv-transfer-config", JSON.stringify(fields)];
const nixl = { kv_connector: "NixlConnector", kv_role: "kv_both" };

/** Command lines that end by themselves. MODEL is a dense model, MOE one with experts. */
export const table: readonly Line[] = [
  { name: "an unknown flag", argv: ["MODEL", "--enable-warp-drive"] },
  { name: "an unknown flag with a value", argv: ["MODEL", "--warp", "9"] },
  { name: "a misspelt flag", argv: ["MODEL", "--tensor-paralel-size", "2"] },
  { name: "an abbreviation that fits several flags", argv: ["MODEL", "--data-parallel", "2"] },
  { name: "a flag that is gone", argv: ["MODEL", "--disable-log-requests"] },
  { name: "--swap-space", argv: ["MODEL", "--swap-space", "16"] },
  { name: "two positionals", argv: ["MODEL", "other"] },
  { name: "--model beside a positional", argv: ["MODEL", "--model", "MODEL"] },
  { name: "a flag without its value", argv: ["MODEL", "--port"] },
  { name: "a list without a value", argv: ["MODEL", "--served-model-name"] },
  { name: "a word where a number belongs", argv: ["MODEL", "--port", "http"] },
  { name: "a fraction where a whole number belongs", argv: ["MODEL", "--tensor-parallel-size", "1.5"] },
  { name: "a word where a fraction belongs", argv: ["MODEL", "--gpu-memory-utilization", "much"] },
  { name: "a port above 65535", argv: ["MODEL", "--port", "70000"] },
  { name: "no such choice", argv: ["MODEL", "--kv-cache-dtype", "fp7"] },
  { name: "a switch with a value", argv: ["MODEL", "--headless=1"] },
  { name: "a size that is none", argv: ["MODEL", "--max-model-len", "long"] },
  { name: "JSON cut short", argv: ["MODEL", "--kv-transfer-config", '{"kv_connector":"NixlConnector"'] },
  { name: "JSON with quotes of the shell", argv: ["MODEL", "--kv-transfer-config", "'{}'"] },
  { name: "JSON that is no object", argv: ["MODEL", "--kv-transfer-config", "[]"] },
  { name: "an unknown kv field", argv: ["MODEL", ...kv({ ...nixl, bogus_field: 1 })] },
  { name: "a bad kv_role", argv: ["MODEL", ...kv({ ...nixl, kv_role: "both" })] },
  { name: "no kv_role", argv: ["MODEL", ...kv({ kv_connector: "NixlConnector" })] },
  { name: "a bad kv_load_failure_policy", argv: ["MODEL", ...kv({ ...nixl, kv_load_failure_policy: "hope" })] },
  { name: "a kv_port that is no number", argv: ["MODEL", ...kv({ ...nixl, kv_port: "x" })] },
  { name: "an unknown connector", argv: ["MODEL", ...kv({ kv_connector: "WarpConnector", kv_role: "kv_both" })] },
  {
    name: "a connector of another platform",
    argv: ["MODEL", ...kv({ kv_connector: "MooncakeConnectorV1", kv_role: "kv_both" })],
  },
  {
    name: "a module that is not there",
    argv: ["MODEL", ...kv({ ...nixl, kv_connector: "W", kv_connector_module_path: "warp.drive" })],
  },
  { name: "a model path that is not there", argv: ["/no/such/model"] },
  { name: "external and hybrid load balancing", argv: ["MOE", "-dp", "4", "-dpn", "0", "-dph", "-dpl", "2"] },
  { name: "rank and start rank", argv: ["MOE", "-dp", "4", "-dpn", "1", "-dpr", "1"] },
  { name: "hybrid and headless", argv: ["MOE", "-dp", "4", "-dph", "-dpl", "2", "--headless"] },
  { name: "hybrid without a local size", argv: ["MOE", "-dp", "4", "-dph"] },
  { name: "external with two local ranks", argv: ["MOE", "-dp", "4", "-dpn", "0", "-dpl", "2"] },
  { name: "more local ranks than ranks", argv: ["MOE", "-dp", "2", "-dpl", "4"] },
  { name: "a rank outside the group", argv: ["MOE", "-dp", "4", "-dpn", "4"] },
  {
    name: "headless with API servers",
    argv: ["MOE", "-dp", "4", "-dpl", "2", "-dpr", "2", "--headless", "--api-server-count", "1"],
  },
  { name: "a dense model with an external load balancer", argv: ["MODEL", "-dp", "2", "-dpn", "0"] },
  { name: "tp that dcp does not divide", argv: ["MODEL", "-tp", "4", "-dcp", "3"] },
  {
    name: "a batch smaller than a prompt, unchunked",
    argv: ["MODEL", "--max-model-len", "4000", "--max-num-batched-tokens", "2000", "--no-enable-chunked-prefill"],
  },
  {
    name: "a batch smaller than the number of requests",
    argv: ["MODEL", "--max-num-batched-tokens", "8", "--max-num-seqs", "16"],
  },
  { name: "a context longer than the model's", argv: ["MODEL", "--max-model-len", "100000"] },
  { name: "a directory for sockets that is missing", argv: ["MODEL"], env: { VLLM_RPC_BASE_PATH: "/no/such/run" } },
];

const differs: Readonly<Record<string, Differs>> = {
  "an abbreviation that fits several flags": {
    at: "complaint",
    why: "the parser lists them as they were declared, the stand-in's table has them in the order of their letters",
  },
  "a context longer than the model's": {
    at: "",
    why: "the stand-in's model is a name here, and has no config to look at",
  },
};

export interface Ends {
  readonly ends: ReadonlyMap<string, Refusal>;
}

export const lines: Section<Ends> = {
  name: "command-lines",
  title: "Command lines that are refused",
  cases: table.map(
    ({ name }): Case<Ends> => ({
      name,
      act: async ({ ends }) => {
        const { exit, complaint } = ends.get(name) ?? { exit: null, complaint: "was not run" };
        return { exit, complaint };
      },
      ...(differs[name] !== undefined && { differs: [differs[name]] }),
    }),
  ),
};
