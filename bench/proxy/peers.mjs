/** Who is measured: how each is started in front of a prefill and a decode engine. A peer that is not installed is named and left out. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";

const here = import.meta.dirname;
const cache = path.join(homedir(), ".cache/pdctl");
const python = path.join(cache, "proxy-peers/bin/python");
const router = path.join(cache, "vllm-router/bin/vllm-router");
const root = path.join(here, "../..");

/** @param file the built proxy */
export const pdctlAt =
  (program, upstream = "sockets") =>
  async ({ folder, port, prefill, decode }) => {
    const file = path.join(folder, `pdctl-${port}.json`);
    const target = (role, engine) => ({ url: `http://127.0.0.1:${engine}`, role, slots: 1 });
    const config = {
      ...{ bind: "127.0.0.1", port, family: "relay", prefill_policy: "round_robin", decode_policy: "round_robin" },
      ...{ max_concurrent: 4096, kv_hold_seconds: 480, upstream },
      targets: [target("prefill", prefill), target("decode", decode)],
    };
    await writeFile(file, JSON.stringify(config));
    return [process.execPath, program, "--config", file];
  };

const pdctl = (upstream) => pdctlAt(path.join(root, "dist/proxy.mjs"), upstream);

const nginxConf = ({ folder, port, decode }) => `
worker_processes 1;
daemon off;
pid ${folder}/nginx-${port}.pid;
error_log stderr crit;
events { worker_connections 8192; }
http {
  access_log off;
  client_body_temp_path ${folder}/nginx-body;
  proxy_temp_path ${folder}/nginx-proxy;
  client_max_body_size 128m;
  client_body_buffer_size 64k;
  keepalive_requests 1000000000;
  upstream decode { server 127.0.0.1:${decode}; keepalive 4096; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / { proxy_pass http://decode; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; }
  }
}`;

async function nginx(place) {
  const file = path.join(place.folder, `nginx-${place.port}.conf`);
  await writeFile(file, nginxConf(place));
  return ["nginx", "-c", file, "-p", place.folder];
}

const script =
  (name) =>
  async ({ port, prefill, decode }) =>
    [python, path.join(here, "peers", name), port, prefill, decode].map(String);

const bare = async ({ port, prefill, decode }) => [
  process.execPath,
  path.join(here, "peers/bare.mjs"),
  port,
  prefill,
  decode,
];

/** Two names for one host: with equal urls it serves nothing. Its own metrics and log at `warning` stay on. */
const vllmRouter = async ({ port, prefill, decode, metrics }) => [
  router,
  ...["--vllm-pd-disaggregation", "--policy", "round_robin", "--log-level", "warning"],
  ...["--prefill", `http://127.0.0.1:${prefill}`, "--decode", `http://localhost:${decode}`],
  ...["--host", "127.0.0.1", "--port", String(port), "--prometheus-port", String(metrics)],
];

const inPath = (program) => {
  try {
    execFileSync("which", [program], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};
const version = (command, args, pattern) => {
  try {
    const said = execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
    return pattern.exec(said)?.[0] ?? "";
  } catch {
    return "";
  }
};
const pip = (name) =>
  version(
    path.join(cache, name === "vllm-router" ? "vllm-router" : "proxy-peers", "bin/pip"),
    ["list", "--disable-pip-version-check"],
    new RegExp(`(?<=^${name} +)[\\d.]+`, "m"),
  );

export const WRK = inPath("wrk");
export const peers = [
  { name: "pdctl", title: "pdctl", legs: 2, command: pdctl("sockets"), there: true },
  { name: "undici", title: "pdctl, undici", legs: 2, command: pdctl("undici"), there: true },
  {
    name: "router",
    title: "vllm-router",
    legs: 2,
    command: vllmRouter,
    there: existsSync(router),
    version: () => pip("vllm-router"),
  },
  {
    name: "aiohttp",
    title: "aiohttp",
    legs: 2,
    command: script("aiohttp_proxy.py"),
    there: existsSync(python),
    version: () => pip("aiohttp"),
  },
  {
    name: "fastapi",
    title: "FastAPI + httpx",
    leaves: ["open", "body"], // what they take of it is minutes, and tells nothing that the others do not
    legs: 2,
    command: script("fastapi_proxy.py"),
    there: existsSync(python),
    version: () => pip("fastapi"),
  },
  { name: "bare", title: "bare Node", legs: 2, leaves: ["body"], command: bare, there: true },
  {
    name: "nginx",
    title: "nginx, one leg",
    legs: 1,
    leaves: ["body"], // it puts large bodies into files
    command: nginx,
    there: inPath("nginx"),
    version: () => "",
  },
];
