import { readFileSync } from "node:fs";
import { parse } from "yaml";
import type { Plan, Service } from "../../src/plan/plan.ts";
import { launchScript } from "../../src/render/index.ts";
import type { EnvValue } from "../../src/topology/topology.ts";

/** argv as a map flag → values; a flag that is there twice, or a word without a flag, cannot be one. */
export function flagsOf(argv: readonly string[]): Record<string, unknown> {
  const flags: Record<string, unknown> = {};
  for (let at = 0; at < argv.length; ) {
    const flag = argv[at] ?? "";
    if (!/^--?[A-Za-z]/.test(flag)) throw new Error(`a word without a flag: ${flag}`);
    if (flag in flags) throw new Error(`${flag} is there twice`);
    const rest = argv.slice(at + 1);
    const end = rest.findIndex((word) => /^--?[A-Za-z]/.test(word));
    const values = (end < 0 ? rest : rest.slice(0, end)).map(parsed);
    flags[flag] = values.length === 0 ? true : values.length === 1 ? values[0] : values;
    at += 1 + values.length;
  }
  return flags;
}

const parsed = (word: string): unknown => (/^[{[]/.test(word) ? JSON.parse(word) : word);

/** As seed-lines.md writes it. */
export const envText = (value: EnvValue): string => {
  if (typeof value === "string") return value;
  const { prepend, append } = value;
  const parts = [...(prepend.length > 0 ? [`{prepend ${prepend.join(" ")}}`] : []), ...(append.length > 0 ? [`{append ${append.join(" ")}}`] : [])];
  return parts.join(" ");
};

const base = (name: string) => name.replace(/\.[a-z]+$/, "");

/** Content addresses by the name that seed-lines.md gives the file. */
export function readable<Value>(value: Value, files: Service["files"]): Value {
  let text = JSON.stringify(value);
  for (const file of files) if ("sha256" in file) text = text.replaceAll(file.sha256, `<sha256:${base(file.name)}>`);
  return JSON.parse(text) as Value;
}

function content(service: Service): Record<string, unknown> {
  return Object.fromEntries(service.files.flatMap((file) => ("content" in file ? [[base(file.name), parse(file.content) as unknown]] : [])));
}

const template = readFileSync(new URL("../../templates/launch/launch.sh", import.meta.url), "utf8");

/** The launch script of a service without comments, which may speak of what it does not do. */
export const scriptOf = (plan: Plan, service: Service): string =>
  launchScript(service, plan, template)
    .split("\n")
    .filter((line) => !line.startsWith("#"))
    .map((line) => line.replace(/ # .*$/, ""))
    .join("\n");

/** One service of a plan in the words of a row. */
export function serviceView(plan: Plan, id: string) {
  const service = plan.services.find((each) => each.id === id);
  if (service === undefined) throw new Error(`the plan has no ${id}`);
  const node = plan.nodes.find(({ name }) => name === service.node);
  const argv = readable(service.argv, service.files);
  const words = service.kind === "engine" ? 3 : argv.findIndex((word) => word.startsWith("--"));
  const listens: Record<string, number[]> = {};
  for (const { purpose, port } of service.listens) (listens[purpose] ??= []).push(port);
  const flags = flagsOf(argv.slice(words));
  return {
    node: service.node,
    ip: node?.ip,
    hardware: node?.hardware,
    group: service.group,
    ranks: service.ranks,
    devices: service.devices,
    wave: waveOf(plan, id),
    argv,
    head: argv.slice(0, words),
    flags,
    env: Object.fromEntries(Object.entries(readable(service.env, service.files)).map(([name, value]) => [name, envText(value)])),
    kv: flags["--kv-transfer-config"],
    files: content(service),
    listens,
    ready: service.ready.map((probe) => (probe.kind === "http" ? `GET http://${probe.host}:${probe.port}${probe.path}` : probe.kind === "tcp" ? `TCP ${probe.host}:${probe.port}` : "alive")),
    runtime: service.runtime,
    secrets: service.secrets,
    vendor: service.vendor,
    proxy: service.kind === "proxy" ? content(service)["proxy"] : undefined,
    stop: service.stop.order,
    script: scriptOf(plan, service),
  };
}

/** 0 side services, 1 engines, 2 proxy, as seed-lines.md numbers them; the plan lists only waves that start something. */
const waveOf = ({ waves }: Plan, id: string) => 3 - waves.length + waves.findIndex((wave) => wave.includes(id));

export type ServiceView = ReturnType<typeof serviceView>;

/** The ids a row means by P, D or E, or the id itself. */
export function idsOf(plan: Plan, selector: string): readonly string[] {
  const roles: Readonly<Record<string, readonly string[]>> = { P: ["prefill"], D: ["decode"], E: ["prefill", "decode"] };
  const wanted = roles[selector];
  if (wanted === undefined) return [selector];
  return plan.services.filter(({ kind, role }) => kind === "engine" && role !== null && wanted.includes(role)).map(({ id }) => id);
}
