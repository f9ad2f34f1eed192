import { grouped } from "../../once.ts";
import type { Plan, PlanInstance, PlanRelease } from "../../plan/plan.ts";
import type { Finding } from "../../topology/rule.ts";
import { folded, naming } from "../../words/names.ts";
import { several } from "../../words/numbers.ts";
import { type Aiming, asItStands, nextLines } from "../text/next.ts";
import { labelled, table } from "../text/table.ts";
import { waves } from "./waves.ts";

export interface PlanAsk {
  /** Names of variables that the user's topology sets, for the line about the environment. */
  readonly own: readonly string[];
  /** Warnings and notes of the plan. */
  readonly findings: readonly Finding[];
  /** What the model needs, where its config is known. */
  readonly fits?: readonly string[];
  readonly aim?: Aiming;
}

/** Waves in order, nodes under them, services under those; numbers are what runs. */
export function planText(plan: Plan, { own, findings, fits = [], aim = asItStands }: PlanAsk): string[] {
  return [
    headline(plan),
    "",
    ...instances(plan.instances).map((line) => `  ${line}`),
    "",
    ...setup(plan),
    ...images(plan),
    ...waves(plan),
    "",
    ...environment(plan, own),
    ...reserves(plan),
    ...fits,
    ...releases(plan),
    ...unknowns(plan),
    ...findings.flatMap(({ level, code, title }) => labelled(level, [`${code} ${title}`])),
    "",
    [`plan ${plan.hash.slice(0, 8)}${plan.provisional ? ", provisional" : ""}`, totals(plan)].join(" · "),
    ...nextLines([plan.rehearsal ? "pdctl up --rehearse" : "pdctl up", ...explainable(plan)].map(aim)),
  ];
}

function headline({ cluster, model, transfer, cache, rehearsal }: Plan): string {
  const kv = [transfer, ...(cache === null ? [] : [`${cache.connector} on ${cache.roles.join(" and ")}`])].join(", ");
  return [
    cluster,
    `${model.path}${model.kind === null ? "" : `, ${model.kind}`}`,
    kv,
    ...(rehearsal ? ["rehearsal: stand-in engines"] : []),
  ].join(" · ");
}

/** Past eight, instances of one shape are one line. */
function instances(all: readonly PlanInstance[]): string[] {
  const shape = ({ role, engines, parallel, devices, lb }: PlanInstance) =>
    JSON.stringify([role, engines.length, parallel, devices, lb]);
  const groups = grouped(all, (one) => (all.length > 8 ? shape(one) : one.id));
  const rows = [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const engines = group.reduce((sum, { engines }) => sum + engines.length, 0);
    const devices = group.reduce((sum, { devices }) => sum + devices, 0);
    const nodes = folded([...new Set(group.flatMap(({ nodes }) => nodes))]);
    return [
      [
        folded(group.map(({ id }) => id)),
        `${several(engines, "engine")} on ${nodes}`,
        parallel(first),
        several(devices, "device"),
      ],
    ];
  });
  return table(rows, 3);
}

function parallel({ parallel: { tp, pp, pcp, dcp, dp }, lb }: PlanInstance): string {
  const sizes = [
    ["dp", dp],
    ["tp", tp],
    ["pp", pp],
    ["pcp", pcp],
    ["dcp", dcp],
  ] as const;
  const written = sizes.filter(([name, size]) => size > 1 || name === "tp").map(([name, size]) => `${name} ${size}`);
  return `${written.join(" × ")}${lb === "none" ? "" : `, ${lb}`}`;
}

/** What the nodes are told before anything is started on them. */
function setup({ setup: steps = [] }: Plan): string[] {
  const names = [...new Set(steps.map(({ name }) => name))];
  if (names.length === 0) return [];
  const rows = names.map((name) => {
    const mine = steps.filter((step) => step.name === name);
    const [first = "", ...more] = (mine[0]?.run ?? "").trim().split("\n");
    return [`  ${name}`, folded(mine.map(({ node }) => node)), `${first}${more.length > 0 ? " …" : ""}`];
  });
  return ["setup   once per node, before its first start", ...table(rows, 3)];
}

function environment({ services }: Plan, own: readonly string[]): string[] {
  const sizes = services.filter(({ kind }) => kind === "engine").map(({ env }) => Object.keys(env).length);
  if (sizes.length === 0) return [];
  const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
  const names = least === most ? several(most, "name") : `${least}-${most} names`;
  return labelled("env", [
    `${names} per engine; ${own.length === 0 ? "none of them yours" : `yours: ${own.join(", ")}`}`,
  ]);
}

/** Ranges that a library draws from at random: nothing else should listen there. */
function reserves({ reservations }: Plan): string[] {
  const drawn = Object.entries(reservations).flatMap(([node, spans]) =>
    spans.filter(({ random }) => random === true).map((one) => ({ ...one, node })),
  );
  const alike = grouped(drawn, ({ first, last, purpose }) => `${first}-${last} ${purpose}`);
  return [...alike.values()].flatMap((ranges) => {
    const [range] = ranges;
    if (range === undefined) return [];
    const nodes = folded([...new Set(ranges.map(({ node }) => node))]);
    return labelled("reserve", [
      `${range.first}-${range.last} on ${nodes}: the ${range.purpose} draws ports from it at random`,
    ]);
  });
}

const WORDS = { node: "told by the node", "engine.versions": "engine.versions", "runtime.image": "the image's tag" };

/** `vllm 0.11.0 (engine.versions), mooncake 0.3.7 on a2-1 (told by the node)`, and what is not known. */
function releases({ releases: all = [] }: Plan): string[] {
  const nodes = new Set(all.flatMap((each) => each.nodes)).size;
  const on = (each: PlanRelease) => (each.nodes.length === nodes ? "" : ` on ${folded(each.nodes)}`);
  const known = all.flatMap((each) =>
    each.from === null ? [] : [`${each.package} ${each.release}${on(each)} (${WORDS[each.from]})`],
  );
  const unknown = all.filter(({ from }) => from === null).map((each) => `${each.package}${on(each)}`);
  return labelled("release", [
    ...(known.length > 0 ? [known.join(", ")] : []),
    ...(unknown.length > 0
      ? [`of ${unknown.join(" and ")} not known: what changed between releases is written as all of them take it`]
      : []),
  ]);
}

const FACTS = ["home", "nic", "ip", "vllm", "node"];

/** `home of a2-[1-4], vllm version, Node >= 20 on a2-1`: a version that all nodes with engines are asked for needs no nodes. */
function unknowns({ unknowns: waiting, services }: Plan): string[] {
  if (waiting.length === 0) return [];
  const byFact = grouped(waiting, ({ fact }) => fact);
  const facts = new Map(
    [...FACTS, ...byFact.keys()].map((fact) => [fact, (byFact.get(fact) ?? []).map(({ node }) => node)]),
  );
  const serving = new Set(services.filter(({ kind }) => kind === "engine").map(({ node }) => node));
  const texts = [...facts].flatMap(([fact, nodes]) => {
    if (nodes.length === 0) return [];
    if (fact === "vllm") return [nodes.length === serving.size ? "vllm version" : `vllm version on ${folded(nodes)}`];
    if (fact === "node") return [`Node >= 20 on ${folded(nodes)}`];
    return [`${fact === "nic" ? "interface" : fact} of ${folded(nodes)}`];
  });
  return labelled("unknown", [`${texts.join(", ")}; up asks for ${waiting.length === 1 ? "it" : "them"} first`]);
}

function totals({ services, nodes }: Plan): string {
  const devices = services.reduce((sum, service) => sum + service.devices.length, 0);
  return [several(services.length, "service"), several(devices, "device"), several(nodes.length, "node")].join(", ");
}

function explainable({ services }: Plan): string[] {
  const engines = services.filter(({ kind }) => kind === "engine");
  const one = engines[Math.min(2, engines.length - 1)];
  return one === undefined ? [] : [`pdctl plan --explain ${naming(services.map(({ id }) => id))(one.id)}`];
}

const PULLED = {
  missing: "pulled where it is missing",
  always: "pulled with every up",
  never: "never pulled",
} as const;

/** What is brought to the nodes before anything starts in it. */
function images({ images: all = [] }: Plan): string[] {
  const kinds = grouped(all, ({ tool, image, pull }) => `${tool} ${image} ${pull}`);
  const rows = [...kinds.values()].flatMap((same) =>
    same.slice(0, 1).map(({ tool, image, pull }) => {
      return [`  ${image}`, folded(same.map(({ node }) => node)), `${tool}, ${PULLED[pull]}`];
    }),
  );
  return rows.length === 0 ? [] : ["images", ...table(rows, 3)];
}
