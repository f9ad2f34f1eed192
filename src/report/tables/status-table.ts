import type { StatusReport, StatusRow } from "../../cluster/standing/standing.ts";
import { folded, naming, runs } from "../../words/names.ts";
import { count, duration, limit, size } from "../../words/numbers.ts";
import { expandRange, foldGroups, naturally } from "../../words/range.ts";
import { type Aiming, asItStands, nextLines } from "../text/next.ts";
import { labelled, table } from "../text/table.ts";

const MOST_ROWS = 24; // past this, services of one state and one note are one row
const SIGN = {
  ready: "✔",
  died: "✖",
  stopped: "✖",
  unknown: "?",
  absent: "✖",
  waiting: "·",
  starting: "→",
  loading: "→",
} as const;

/** One table: what runs where. What is not ready comes first. */
export function statusLines(
  report: StatusReport,
  { wide = false, aim = asItStands }: { wide?: boolean; aim?: Aiming } = {},
): string[] {
  if (report.state === "absent")
    return [
      `· ${report.cluster} is absent: ${asked(report)} asked, nothing of it runs`,
      ...nextLines([aim("pdctl up")]),
    ];
  if (report.services.length === 0)
    return [
      `? ${report.cluster} is unknown: ${asked(report)} answered, nothing of it runs there`,
      ...labelled("why", silent(report)),
      ...nextLines([aim("pdctl status")]),
    ];
  const rows = [...report.services].sort(
    (a, b) => order(a) - order(b) || place(a) - place(b) || naturally(a.service, b.service),
  );
  const body = wide ? wideRows(report, rows) : rows.length > MOST_ROWS ? foldedRows(rows) : singleRows(report, rows);
  return [headline(report), "", ...body, "", ...after(report, rows, aim)];
}

const order = ({ state }: StatusRow) =>
  ({ died: 0, stopped: 1, absent: 2, unknown: 3, waiting: 4, starting: 5, loading: 6, ready: 7 })[state];

/** As they start: side services, prefill, decode, the proxy. */
const place = ({ kind, role }: StatusRow) => (kind === "side" ? 0 : kind === "proxy" ? 3 : role === "prefill" ? 1 : 2);

function asked({ nodes }: StatusReport): string {
  const reached = nodes.filter(({ state }) => state === "reached").length;
  return `${reached} of ${nodes.length} ${nodes.length === 1 ? "node" : "nodes"}`;
}

/** Why nothing is known of a node: one line for those that say the same. */
function silent({ nodes }: StatusReport): string[] {
  const away = nodes.filter(({ state }) => state !== "reached");
  const whys = [...new Set(away.map(({ state, why }) => why ?? state))];
  return whys.map(
    (why) => `${folded(away.filter((one) => (one.why ?? one.state) === why).map(({ node }) => node))}: ${why}`,
  );
}

function headline(report: StatusReport): string {
  const { cluster, state, endpoints, proxy, generation, nodes, rehearsal } = report;
  const all = nodes.every((node) => node.state === "reached");
  return [
    `${cluster} ${state}`,
    `P ${endpoints.prefill.join("/")}`,
    `D ${endpoints.decode.join("/")}`,
    `proxy ${proxy}`,
    ...(all ? [] : [`${nodes.filter((node) => node.state === "reached").length} of ${nodes.length} nodes`]),
    `generation ${generation}`,
    ...(rehearsal ? ["rehearsal"] : []),
  ].join(" · ");
}

function after(report: StatusReport, rows: readonly StatusRow[], aim: Aiming): string[] {
  return [...leaseLine(report, aim), ...nextOf(report, rows, aim)];
}

const leaseLine = ({ lease }: StatusReport, aim: Aiming): string[] =>
  lease === undefined
    ? []
    : labelled("lease", [
        `its nodes take it down in ${duration(lease.leftSeconds)} of ${limit(lease.ttlSeconds)}; ${aim("pdctl up")} renews that`,
      ]);

function nextOf({ state, serve, proven, nodes }: StatusReport, rows: readonly StatusRow[], aim: Aiming): string[] {
  if (state === "healthy") {
    const proof =
      proven === undefined
        ? aim("not proven yet: pdctl smoke")
        : `proven ${duration(proven.secondsAgo)} ago (${proven.evidence})`;
    return serve === undefined ? [] : labelled("serve", [`${serve} · ${proof}`]);
  }
  const silent = nodes.filter((node) => node.state !== "reached").map(({ node }) => node);
  const [broken] = rows.filter((row) => row.state === "died");
  const shown = naming(rows.map(({ service }) => service));
  const next = [
    ...(broken === undefined ? [] : [`pdctl logs ${shown(broken.service)}`]),
    ...(silent.length === 0
      ? ["pdctl up"]
      : [`pdctl status --nodes ${foldGroups(silent).join(",")}`, "pdctl status --wide"]),
  ];
  const torn = rows.filter(({ code, state }) => code === "rank-lost" && state === "unknown").map(({ group }) => group);
  const stale = rows.filter(({ code }) => code === "stale-peer").map(({ group }) => group);
  const [again, how] = torn.length > 0 ? [torn, ", as one"] : [stale, ", and the peers that have to follow"];
  const why =
    again.length === 0 ? {} : { [aim("pdctl up")]: `starts ${foldGroups([...new Set(again)]).join(",")} again${how}` };
  return nextLines(next.map(aim), why);
}

const since = ({ sinceSeconds }: Pick<StatusRow, "sinceSeconds">) =>
  sinceSeconds === null ? "-" : duration(sinceSeconds);
const note = ({ note, code }: StatusRow) =>
  [note, code === null ? null : `[${code}]`].filter((part) => part !== null).join(" ") || "-";
const signed = (rows: readonly StatusRow[], lines: readonly string[]) =>
  lines.map((line, index) => `${signOf(rows[index - 1])} ${line}`);
const signOf = (row: StatusRow | undefined) =>
  row === undefined ? " " : row.code === "stale-peer" && row.state === "ready" ? "⚠" : SIGN[row.state];

function cellsOf(row: StatusRow, name: string): string[] {
  return [
    name,
    row.state,
    row.node,
    runs(row.ranks) || "-",
    runs(row.devices) || "-",
    row.port === null ? "-" : String(row.port),
  ];
}

const HEAD = ["SERVICE", "STATE", "NODE", "RANK", "DEVICES", "PORT"];
const STATE_WIDTH = 7;
const SINCE_WIDTH = 6;

function singleRows({ services }: StatusReport, rows: readonly StatusRow[]): string[] {
  const shown = naming(services.map(({ service }) => service));
  const cells = rows.map((row) => [...cellsOf(row, shown(row.service)), since(row), note(row)]);
  return signed(rows, table([[...HEAD, "SINCE", "NOTE"], ...cells], 2, [0, STATE_WIDTH, 0, 0, 0, 0, SINCE_WIDTH]));
}

function wideRows({ services }: StatusReport, rows: readonly StatusRow[]): string[] {
  const shown = naming(services.map(({ service }) => service));
  const cells = rows.map((row) => [
    ...cellsOf(row, shown(row.service)),
    runs(row.kvPorts) || "-",
    row.pid === null ? "-" : String(row.pid),
    row.rssBytes === null ? "-" : size(row.rssBytes),
    String(row.restarts),
    row.hash.slice(0, 8) || "-",
    since(row),
    [gauged(row), note(row)].filter((text) => text !== "" && text !== "-").join(" · ") || "-",
  ]);
  return signed(
    rows,
    table([[...HEAD, "KV", "PID", "RSS", "RESTARTS", "HASH", "SINCE", "NOTE"], ...cells], 2, [0, STATE_WIDTH]),
  );
}

/** `clients 2 · keys 200 · allocated 12.5 MiB` */
const gauged = ({ gauges = [] }: StatusRow) =>
  gauges.map(({ name, value, unit }) => `${name} ${unit === "bytes" ? size(value) : count(value)}`).join(" · ");

/** SINCE of a folded row is its youngest. */
function foldedRows(rows: readonly StatusRow[]): string[] {
  const kinds = new Map<string, StatusRow[]>();
  for (const row of rows) {
    const key = [row.state, row.note, row.code, row.role ?? row.service].join("\t");
    kinds.set(key, [...(kinds.get(key) ?? []), row]);
  }
  const blocks = [...kinds.values()].flatMap((kind) =>
    foldGroups(kind.map(({ service }) => service)).map((names) => {
      const members = new Set(expandRange(names));
      return { names, rows: kind.filter(({ service }) => members.has(service)) };
    }),
  );
  const shown = naming(rows.map(({ service }) => service));
  const firsts = blocks.flatMap(({ rows: [first] }) => first ?? []);
  const cells = blocks.map(({ names, rows: members }, index) => {
    const devices = members.reduce((sum, row) => sum + row.devices.length, 0);
    const ages = members.flatMap(({ sinceSeconds }) => sinceSeconds ?? []);
    const [first] = members;
    return [
      members.length === 1 && first !== undefined ? shown(first.service) : names,
      firsts[index]?.state ?? "",
      foldGroups(members.map(({ node }) => node)).join(","),
      devices === 0 ? "-" : count(devices),
      ages.length === 0 ? "-" : duration(Math.min(...ages)),
      first === undefined ? "-" : note(first),
    ];
  });
  return signed(
    firsts,
    table([["SERVICES", "STATE", "NODES", "DEVICES", "SINCE", "NOTE"], ...cells], 2, [
      0,
      STATE_WIDTH,
      0,
      0,
      SINCE_WIDTH,
    ]),
  );
}
