import { grouped } from "../../once.ts";
import type { Listen, Plan, Service } from "../../plan/plan.ts";
import { naming, runs } from "../../words/names.ts";
import { several } from "../../words/numbers.ts";
import { padEnd, width } from "../text/width.ts";

/** Waves in order, nodes under them, services under those; the proof that ends it all is the last line. */
export function waves(plan: Plan): string[] {
  const byId = new Map(plan.services.map((service) => [service.id, service]));
  const ips = new Map(plan.nodes.map(({ name, ip }) => [name, ip]));
  const shown = naming(byId.keys());
  const cells = plan.services.map((service) => [shown(service.id), rank(service), devices(service)]);
  const widths = [0, 1, 2].map((column) => Math.max(...cells.map((row) => width(row[column] ?? ""))) + 3);
  const row = (texts: readonly string[], last: string) =>
    texts.map((text, column) => padEnd(text, widths[column] ?? 0)).join("") + last;
  const lines = plan.waves.flatMap((ids, index) => {
    const services = ids.flatMap((id) => byId.get(id) ?? []);
    if (services.length === 0) return [];
    return [
      `wave ${index}  ${waveTitle(services)}`,
      ...[...grouped(services, ({ node }) => node)].flatMap(([node, here]) => [
        `  ${node}  ${ips.get(node) ?? "-"}`,
        ...here.map((service) =>
          `    ${row([shown(service.id), rank(service), devices(service)], [ports(service), ...proxyFacts(service, plan)].join(" · "))}`.trimEnd(),
        ),
      ]),
    ];
  });
  return [...lines, `${padEnd("then    smoke", 4 + (widths[0] ?? 0))}${smoke(plan)}`];
}

function waveTitle(services: readonly Service[]): string {
  const kinds = new Set(services.map(({ kind }) => kind));
  if (kinds.has("engine")) return "engines, all at once";
  return kinds.has("proxy") ? "proxy" : "side services";
}

const rank = ({ ranks }: Service) =>
  ranks.length === 0 ? "-" : `${ranks.length === 1 ? "rank" : "ranks"} ${runs(ranks)}`;
const devices = ({ devices: ids }: Service) =>
  ids.length === 0 ? "-" : `${ids.length === 1 ? "device" : "devices"} ${runs(ids)}`;

/** `9000 http · 28001-28004 kv`: ports of one purpose together, in the order in which the service lists them. */
function ports({ listens }: Pick<Service, "listens">): string {
  const byPurpose = new Map<string, Listen[]>();
  for (const listen of listens) byPurpose.set(listen.purpose, [...(byPurpose.get(listen.purpose) ?? []), listen]);
  const groups = [...byPurpose].map(
    ([purpose, group]) => `${runs(group.map(({ port }) => port))} ${purpose.replaceAll("_", " ")}`,
  );
  return groups.length === 0 ? "-" : groups.join(" · ");
}

function proxyFacts({ kind, files }: Service, { targets }: Plan): string[] {
  if (kind !== "proxy") return [];
  const text = files.flatMap((file) => ("content" in file && file.name.endsWith(".json") ? [file.content] : []))[0];
  const config: unknown = text === undefined ? {} : JSON.parse(text);
  const of = (role: string) => `${targets.filter((target) => target.role === role).length} ${role}`;
  const field = (name: string) =>
    typeof config === "object" && config !== null && name in config ? String(Reflect.get(config, name)) : undefined;
  const policies = [...new Set([field("prefill_policy"), field("decode_policy")])].filter(
    (policy) => policy !== undefined,
  );
  return [field("family"), `${of("prefill")}, ${of("decode")}`, policies.join(", ")].filter(
    (fact) => fact !== undefined && fact !== "",
  ) as string[];
}

function smoke({ smoke: { requests, promptWords, body, proof } }: Plan): string {
  const kinds = [
    ...(proof.rises.length > 0 || proof.tokens !== "" ? ["counter"] : []),
    ...(proof.log === undefined ? [] : ["log"]),
    ...(proof.store === undefined || proof.store.length === 0 ? [] : ["store"]),
  ];
  return `at least ${several(requests, "request")} of ${promptWords} words, ${body.max_tokens} tokens back, evidence ${kinds.join(" or ") || "none"}`;
}
