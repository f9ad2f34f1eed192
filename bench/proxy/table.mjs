/** From the rounds to medians, ratios of one round, and the table of docs/performance.md. */

const of = {
  small: (row) => row.small?.cpuUs,
  large: (row) => row.large?.cpuUs,
  ttft50: (row) => row.latency?.p50,
  ttft99: (row) => row.latency?.p99,
  event: (row) => row.streams?.cpuUs,
  delay50: (row) => row.streams?.p50,
  delay99: (row) => row.streams?.p99,
  share: (row) => row.streams?.share,
  rss: (row) => row.open?.rss,
  body: (row) => row.body?.times,
  foreign: (row) => Math.max(...["small", "large", "streams", "open"].map((key) => row[key]?.foreign ?? 0)),
};
const median = (values) =>
  values.filter(Number.isFinite).sort((a, b) => a - b)[Math.floor(values.filter(Number.isFinite).length / 2)];

/** Ratios are of two runs of the same round, and then their median. Added time to first token is what the load and the engines take by themselves less. */
export function summary(rows, direct) {
  const added = (key, part) => (row, turn) => of[key](row) - direct[turn]?.[part];
  const read = { ...of, added50: added("ttft50", "p50"), added99: added("ttft99", "p99") };
  const by = new Map([...rows].map(([peer, seen]) => [peer.name, { peer, seen }]));
  const values = (name, key) => by.get(name)?.seen.map((row, turn) => read[key](row, turn)) ?? [];
  const ratio = (name, other, key) => {
    const [own, theirs] = [values(name, key), values(other, key)];
    return median(own.map((value, turn) => value / theirs[turn]));
  };
  const peers = [...by.values()].map(({ peer, seen }) => {
    const medians = Object.fromEntries(Object.keys(read).map((key) => [key, median(values(peer.name, key))]));
    const ratios = Object.fromEntries(Object.keys(read).map((key) => [key, ratio(peer.name, "router", key)]));
    return {
      name: peer.name,
      title: peer.title,
      version: peer.version?.() ?? "",
      legs: peer.legs,
      runs: seen.length,
      medians,
      ratios,
    };
  });
  return {
    direct: { p50: median(direct.map(({ p50 }) => p50)), p99: median(direct.map(({ p99 }) => p99)) },
    peers,
    goals: goals(ratio, values),
  };
}

const MIB = 1024 * 1024;
/** What pdctl's proxy is to keep to, in the order of the table below the table. */
function goals(ratio, values) {
  const toRouter = (says, key, most) => ({
    says: `${says}, of vllm-router's`,
    most,
    is: ratio("pdctl", "router", key),
  });
  return [
    toRouter("CPU per request, 2 KB", "small", 0.4),
    toRouter("CPU per request, 32 KB", "large", 0.4),
    toRouter("added time to first token, p50", "added50", 0.9),
    toRouter("added time to first token, p99", "added99", 1),
    toRouter("CPU per event", "event", 1),
    { says: "CPU per event, of one leg of nginx", most: 1.35, is: ratio("pdctl", "nginx", "event") },
    toRouter("relay delay, p99", "delay99", 1),
    toRouter("memory at 2,000 open streams", "rss", 0.5),
    { says: "memory at 2,000 open streams, MiB", most: 150, is: median(values("pdctl", "rss")) / MIB },
    { says: "memory for a body of 64 MiB, of its size", most: 2, is: median(values("pdctl", "body")) },
  ];
}

const number = (value, digits) => (Number.isFinite(value) ? value.toFixed(digits) : "-");

export function table({ peers, goals: list, direct }, { cores, node, left, rounds }) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  const row = ({ title, version, medians: m }) =>
    line([
      version ? `${title} ${version}` : title,
      ...[number(m.small, 0), number(m.large, 0), `${number(m.added50, 0)} / ${number(m.added99, 0)}`],
      ...[number(m.event, 1), `${number(m.delay50, 0)} / ${number(m.delay99, 0)}`, `${number(m.share * 100, 0)} %`],
      ...[number(m.rss / MIB, 0), number(m.body, 2)],
    ]);
  const foreign = Math.max(...peers.map(({ medians }) => medians.foreign));
  return [
    line([
      "",
      "CPU per request, 2 KB, µs",
      "32 KB, µs",
      "added TTFT p50 / p99, µs",
      "CPU per event, µs",
      "relay delay p50 / p99, µs",
      "events delivered",
      "2,000 streams, MiB",
      "64 MiB body, times its size",
    ]),
    "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ...peers.map(row),
    "",
    line(["pdctl's proxy", "at most", "is", ""]),
    "|---|---:|---:|---|",
    ...list.map(({ says, most, is }) =>
      line([
        says,
        number(most, 2),
        number(is, 2),
        Number.isFinite(is) ? (is <= most ? "kept" : "**missed**") : "not measured",
      ]),
    ),
    "",
    `Medians of ${rounds} rounds in which all take turns, each in a fresh process on one core, load and engines on another; ratios are of two runs of one round. Requests: wrk, 64 connections, both legs. Time to first token: one connection, without the ${number(direct.p50, 0)} µs (p99 ${number(direct.p99, 0)} µs) that load and engines take by themselves. Events: 500 streams of 60 a second. Others kept the proxy's core busy for at most ${number(foreign * 100, 0)} % of the time (median). ${cores} cores, Node ${node.slice(1)}.${left.length > 0 ? ` Not installed, and left out: ${left.join(", ")}.` : ""}`,
  ].join("\n");
}
