/** The hosts of test/hosts, and the topologies that are written for them. */
import { mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { build } from "esbuild";

const root = path.join(import.meta.dirname, "../..");
const three = (number) => String(number).padStart(3, "0");
export const names = (count, letter = "n") => Array.from({ length: count }, (_, at) => `${letter}${three(at + 1)}`);
export const range = (count) => `n[001-${three(count)}]`;

/** That many hosts and `gate`, a bastion with sshd's own limits: every host is also known as j…, which is the same one through it. */
export async function raise(count) {
  const folder = path.join(root, "node_modules/.cache/pdctl");
  const outfile = path.join(folder, `bench-lab-${process.pid}.mjs`);
  await mkdir(folder, { recursive: true });
  try {
    await build({
      entryPoints: [path.join(root, "test/hosts/lab.ts")],
      ...{ outfile, bundle: true, packages: "external", platform: "node", format: "esm" },
      define: { "import.meta.dirname": JSON.stringify(path.join(root, "test/hosts")) }, // its scripts lie beside it
    });
    const { hosts } = await import(outfile);
    const specs = names(count).map((name, at) => ({ name, ip: `10.0.5.${at + 1}` }));
    const through = names(count, "j").map((name, at) => `Host ${name}\n HostName ${specs[at].ip}\n ProxyJump gate\n`);
    return await hosts([...specs, { name: "gate", ip: "10.0.6.1" }], { sshConfig: through.join("") });
  } finally {
    await rm(outfile, { force: true });
  }
}

const head = (name, nodes) => `version: 1
name: ${name}
model: { path: pdctl/stand-in, kind: moe }
nodes:
  - { ${nodes}, hardware: cuda, devices: 4 }
kv: { transfer: { connector: nixl } }
engine: { kind: sim }
`;

/** One prefill, one decode, the proxy, and on every other node a service that only is there: something to see on each. */
export function wide(name, count, { letter, timeout } = {}) {
  const host = letter === undefined ? `10.0.5.[1-${count}]` : `${letter}[001-${three(count)}]`;
  const idle = names(count).slice(2);
  return `${head(name, `name: "${range(count)}", host: "${host}"`)}${timeout === undefined ? "" : `ssh: { connect_timeout: ${timeout} }\n`}prefill: { nodes: n001, port: 8100 }
decode: { nodes: n002, port: 8200 }
proxy: { node: n001, port: 8000 }
${idle.length === 0 ? "" : `services:\n${idle.map((node) => `  - { name: idle-${node}, node: ${node}, wave: 0, command: [sleep, infinity] }\n`).join("")}`}`;
}

/** An engine on every node, half of them prefill. */
export function engines(name, count) {
  const half = count / 2;
  return `${head(name, `name: "${range(count)}", host: "10.0.5.[1-${count}]"`)}prefill: { nodes: "n[001-${three(half)}]", instances: ${half}, port: 8100 }
decode: { nodes: "n[${three(half + 1)}-${three(count)}]", instances: ${half}, port: 8200 }
proxy: { node: n001, port: 8000 }
`;
}

/** The file of a topology in the launcher's home. */
export async function written(lab, name, text) {
  const file = path.join(lab.launcher.home, `${name}.yaml`);
  await writeFile(file, text);
  return file;
}
