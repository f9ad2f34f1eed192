import type { Explained, Origin, Origins, Plan, Service } from "../plan/plan.ts";
import type { EnvValue } from "../topology/topology.ts";
import { folded, naming, runs } from "./names.ts";
import { nextLines } from "./next.ts";
import { labelled, table } from "./table.ts";
import { cut } from "./width.ts";

export interface ExplainAsk {
  readonly plan: Plan;
  readonly service: Service;
  readonly origins: Origins[string] | undefined;
  /** `cluster.yaml:28` of the first of these paths that the user has written. */
  readonly writtenAt: (paths: NonNullable<Origin["paths"]>) => string | undefined;
  /** Nothing is cut and nothing folded. */
  readonly full: boolean;
}

const VALUE = 48;
const FROM = 15;
const ALIKE = 3; // more arguments than this with one reason are one row

/** Every value of one service, and where it comes from. */
export function planExplain(ask: ExplainAsk): string[] {
  const { plan, service, full } = ask;
  const shown = naming(plan.services.map(({ id }) => id));
  const id = shown(service.id);
  return [
    headline(plan, service, id),
    "",
    ...rows("ARGUMENT", argumentRows(ask), full),
    "",
    ...rows("ENVIRONMENT", environmentRows(ask), full),
    "",
    ...labelled(
      "peers",
      service.peers.length === 0
        ? []
        : [`${folded(service.peers.map(shown))}, restarted together with ${service.group}`],
    ),
    ...nextLines([...(full ? [] : [`pdctl plan --explain ${id} --full`]), `pdctl plan --script ${id}`]),
  ];
}

function headline({ nodes, waves }: Plan, service: Service, id: string): string {
  const { kind, group, node, ranks, devices } = service;
  const ip = nodes.find(({ name }) => name === node)?.ip;
  const what = { engine: `engine of ${group}`, proxy: "the proxy", side: "side service" }[kind];
  return [
    id,
    what,
    ip === undefined ? node : `${node}, ${ip}`,
    ...(ranks.length === 0 ? [] : [`${ranks.length === 1 ? "rank" : "ranks"} ${runs(ranks)}`]),
    ...(devices.length === 0 ? [] : [`${devices.length === 1 ? "device" : "devices"} ${runs(devices)}`]),
    `wave ${waves.findIndex((ids) => ids.includes(service.id))}`,
  ].join(" · ");
}

type Row = readonly [value: string, from: string, why: string];

function rows(head: string, values: readonly Row[], full: boolean): string[] {
  const within = (text: string) => (full ? text : cut(text, VALUE));
  return table([[`${head} `, "FROM", "WHY"], ...values.map(([value, from, why]) => [`${within(value)} `, from, why])], 2, [
    VALUE + 1,
    FROM,
  ]);
}

function argumentRows({ origins, service, writtenAt, full }: ExplainAsk): readonly Row[] {
  const explained: readonly Explained[] = origins?.argv ?? [{ words: service.argv, from: "plan", why: "-" }];
  const groups: Explained[][] = [];
  for (const one of explained) {
    const open = groups.at(-1);
    if (!full && open?.[0]?.why === one.why && open[0].from === one.from) open.push(one);
    else groups.push([one]);
  }
  return groups.flatMap((group): readonly Row[] => {
    const [first] = group;
    if (first === undefined) return [];
    if (group.length > ALIKE) return [[`… ${group.length} more`, fromOf(first, writtenAt), first.why]];
    return group.map((one) => [one.words.join(" "), fromOf(one, writtenAt), one.why]);
  });
}

/** What the user wrote and what depends on the place is shown; the rest is counted. */
function environmentRows({ origins, service, plan, writtenAt, full }: ExplainAsk): readonly Row[] {
  const ip = plan.nodes.find(({ name }) => name === service.node)?.ip ?? service.node;
  const secrets = service.secrets.map((name): Row => [`${name}=***`, "environment", "secrets"]);
  const all = Object.entries(service.env).map(([name, value]) => ({
    name,
    value,
    origin: origins?.env[name] ?? { from: "plan", why: "-" },
  }));
  const isShown = ({ value, origin }: (typeof all)[number]) =>
    full ||
    origin.from === "topology" ||
    origin.from === "plan" ||
    (typeof value === "string" && (value.includes(ip) || origin.why.includes(service.node)));
  const written = all
    .filter(isShown)
    .map(
      ({ name, value, origin }): Row => [`${name}=${valueText(name, value)}`, fromOf(origin, writtenAt), origin.why],
    );
  const rest = all.filter((one) => !isShown(one));
  const from = [...new Set(rest.map(({ origin }) => origin.from))].join(", ");
  return [...written, ...secrets, ...(rest.length === 0 ? [] : [[`… ${rest.length} more`, "-", from] as const])];
}

function valueText(name: string, value: EnvValue): string {
  return typeof value === "string" ? value : [...value.prepend, `$${name}`, ...value.append].join(":");
}

const fromOf = ({ from, paths = [] }: Origin, writtenAt: ExplainAsk["writtenAt"]) =>
  from === "topology" ? (writtenAt(paths) ?? "pdctl") : from;
