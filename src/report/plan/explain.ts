import type { Explained, Origin, Origins, Plan, Service } from "../../plan/plan.ts";
import type { EnvValue } from "../../topology/topology.ts";
import { folded, naming, runs } from "../../words/names.ts";
import { type Aiming, asItStands, nextLines } from "../text/next.ts";
import { labelled, table } from "../text/table.ts";
import { cut } from "../text/width.ts";

export interface ExplainAsk {
  readonly plan: Plan;
  readonly service: Service;
  readonly origins: Origins[string] | undefined;
  /** Where the first of these paths stands that the user has written, and under which key (`engine.parallel.tp`). */
  readonly writtenAt: (paths: NonNullable<Origin["paths"]>) => Written | undefined;
  /** Nothing is cut and nothing folded. */
  readonly full: boolean;
  readonly aim?: Aiming;
}

export interface Written {
  /** `cluster.yaml:28`, or `--set`. */
  readonly at: string;
  readonly key: string;
}

const VALUE = 48;
const FROM = 15;
const ALIKE = 3; // more arguments than this with one reason are one row

/** Every value of one service, and where it comes from. */
export function planExplain(ask: ExplainAsk): string[] {
  const { plan, service, full, aim = asItStands } = ask;
  const shown = naming(plan.services.map(({ id }) => id));
  const id = shown(service.id);
  const peers = plan.services.flatMap(({ id, role }) => (role !== null && service.peers.includes(role) ? [id] : []));
  return [
    headline(plan, service, id),
    "",
    ...rows("ARGUMENT", argumentRows(ask), full),
    "",
    ...rows("ENVIRONMENT", environmentRows(ask), full),
    "",
    ...labelled(
      "peers",
      peers.length === 0 ? [] : [`${folded(peers.map(shown))}, restarted together with ${service.group}`],
    ),
    ...nextLines([...(full ? [] : [`pdctl plan --explain ${id} --full`]), `pdctl plan --script ${id}`].map(aim)),
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
  return table(
    [[`${head} `, "FROM", "WHY"], ...values.map(([value, from, why]) => [`${within(value)} `, from, why])],
    2,
    [VALUE + 1, FROM],
  );
}

function argumentRows({ origins, service, writtenAt, full }: ExplainAsk): readonly Row[] {
  const explained: readonly Explained[] = origins?.argv ?? [{ words: service.argv, from: "plan", why: "-" }];
  const all = explained.map((one): Row => [one.words.join(" "), ...placed(one, writtenAt)]);
  const alike = new Map<string, readonly Row[]>();
  for (const [index, row] of all.entries()) {
    const key = full ? String(index) : row[2];
    alike.set(key, [...(alike.get(key) ?? []), row]);
  }
  return [...alike.values()].flatMap((group): readonly Row[] => {
    const [first] = group;
    if (first === undefined || group.length <= ALIKE) return group;
    const [top = first[1]] = group.map(([, from]) => from).sort(byLine);
    return [[`… ${group.length} more`, top, first[2]]];
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
  const isShown = ({ value, origin: { from } }: (typeof all)[number]) =>
    full || from === "topology" || from === "plan" || (value === ip && from !== "pdctl");
  const written = all.filter(isShown).map(({ name, value, origin }): Row => {
    const [from, why] = placed(origin, writtenAt);
    return [`${name}=${valueText(name, value)}`, from, `${why}${joined(value)}`];
  });
  const rest = all.filter((one) => !isShown(one));
  const from = [...new Set(rest.map(({ origin }) => origin.from))].join(", ");
  return [...written, ...secrets, ...(rest.length === 0 ? [] : [[`… ${rest.length} more`, "-", from] as const])];
}

function joined(value: EnvValue): string {
  if (typeof value === "string") return "";
  return `${value.prepend.length > 0 ? ", prepend" : ""}${value.append.length > 0 ? ", append" : ""}`;
}

function valueText(name: string, value: EnvValue): string {
  return typeof value === "string" ? value : [...value.prepend, `$${name}`, ...value.append].join(":");
}

/** Of a value of the topology: the line and the key at which it is really written, which may be a lower layer's. */
function placed(
  { from, why, paths = [] }: Origin,
  writtenAt: ExplainAsk["writtenAt"],
): readonly [from: string, why: string] {
  if (from !== "topology") return [from, why];
  const written = writtenAt(paths);
  return written === undefined ? ["pdctl", why] : [written.at, keyed(why, paths[0]?.join(".") ?? "", written.key)];
}

/** `prefill.port + 0` of a port that is written under `engine` is `engine.port + 0`; `prefill.args` of a flag is `engine.args`. */
function keyed(why: string, asked: string, written: string): string {
  if (asked.startsWith(`${why}.`)) return written.split(".").slice(0, why.split(".").length).join(".");
  if (why.startsWith(asked)) return written + why.slice(asked.length);
  return asked.endsWith(`.${why}`) ? written : why;
}

const lineOf = (from: string) => Number(/:(\d+)$/.exec(from)?.[1] ?? 0);
const byLine = (a: string, b: string) => lineOf(a) - lineOf(b);
