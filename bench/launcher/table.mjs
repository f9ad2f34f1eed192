/** From the rounds to medians, ratios of one round, and the table of docs/performance.md. */
import { AT_ONCE } from "./peers.mjs";

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const middle = (rows, key) => median(rows.map((row) => row[key]));
const MIB = 1024;

/** Ratios are of two runs of the same round, and then their median. */
export function summary({ rows, bastion, hole, life, sizes, most, engines, there }) {
  const of = (who, hosts) => rows.filter((row) => row.who === who && row.hosts === hosts);
  const cell = (who, hosts) => {
    const seen = of(who, hosts);
    return {
      hosts,
      wall: middle(seen, "wall"),
      cpu: middle(seen, "cpu"),
      kib: Math.max(...seen.map(({ kib }) => kib)),
    };
  };
  const ours = [
    { name: "exec", title: "`pdctl exec -- true`" },
    { name: "status", title: "`pdctl status`" },
  ];
  const others = there.map(({ name, title, version }) => ({ name, title: `${title} ${version()}` }));
  const who = [...ours, ...others].map((one) => ({ ...one, cells: sizes.map((hosts) => cell(one.name, hosts)) }));
  const fastest = others.toSorted((a, b) => cell(a.name, most).wall - cell(b.name, most).wall)[0];
  const ratio = (name, key) =>
    fastest && median(of(name, most).map((row, round) => row[key] / of(fastest.name, most)[round][key]));
  const holes = { among: hole.among, timeout: hole.timeout };
  for (const key of ["wall", "last", "without", "lastWithout"]) holes[key] = middle(hole.rounds, key);
  const lives = Object.fromEntries(
    ["first", "again", "down"].map((step) => [
      step,
      middle(
        life.map((row) => row[step]),
        "wall",
      ),
    ]),
  );
  const kib = Math.max(
    ...rows.filter(({ hosts }) => hosts === most).flatMap((row) => (ourWords.has(row.who) ? [row.kib] : [])),
  );
  const goals = [
    ...(fastest === undefined
      ? []
      : [
          {
            says: `\`exec -- true\` on ${most} hosts, of the fastest other's time (${fastest.title})`,
            most: 0.5,
            is: ratio("exec", "wall"),
          },
          { says: `\`status\` of ${most} hosts, of the same`, most: 0.5, is: ratio("status", "wall") },
        ]),
    { says: `lost of ${most} hosts behind one bastion`, most: 0, is: bastion[0].lost },
    {
      says: `one silent host of ${hole.among}: time beyond one connect timeout, of a run without it`,
      most: 1,
      is: median(hole.rounds.map(({ wall, without }) => (wall - hole.timeout) / without)),
    },
    {
      says: "the last of the others to answer, of a run without it",
      most: 1.25,
      is: median(hole.rounds.map(({ last, lastWithout }) => last / lastWithout)),
    },
    { says: `memory at ${most} hosts, MiB`, most: 150, is: kib / MIB },
  ];
  const wideUp = { first: cell("first", most), up: cell("up", most), down: cell("down", most) };
  return { who, bastion, hole: holes, life: lives, wide: wideUp, goals, most, engines };
}
const ourWords = new Set(["exec", "status", "first", "up", "down"]);

const number = (value, digits = 2) => (Number.isFinite(value) ? value.toFixed(digits) : "-");
const line = (cells) => `| ${cells.join(" | ")} |`;

export function table({ who, bastion, hole, life, wide, goals, most, engines }, { cores, node, left, rounds }) {
  const sizes = who[0].cells.map(({ hosts }) => hosts);
  const behind = (name) => bastion.find((one) => one.who === name);
  const row = ({ name, title, cells }) =>
    line([
      title,
      ...cells.map(({ wall }) => number(wall)),
      number(cells.at(-1).cpu),
      number(cells.at(-1).kib / MIB, 0),
      behind(name) === undefined ? "-" : `${behind(name).lost} (${number(behind(name).wall, 1)} s)`,
    ]);
  const ourselves = [
    [`\`up\` with nothing to do, ${engines} nodes with an engine each`, life.again],
    [`\`up\` with nothing to do, ${most} nodes`, wide.up.wall],
    [`\`up\` from nothing, ${most} nodes (once)`, wide.first.wall],
    [`\`up\` from nothing, ${engines} stand-ins and the proxy`, life.first],
    [`\`down\` with its proof, ${engines} nodes`, life.down],
    [`\`down\` with its proof, ${most} nodes (once)`, wide.down.wall],
    [`\`exec\` on ${hole.among} hosts, one of them silent, connect timeout ${hole.timeout} s`, hole.wall],
    ["the last of its others to answer", hole.last],
    ["the same without the silent one: the whole", hole.without],
    ["the same without the silent one: the last to answer", hole.lastWithout],
  ];
  return [
    line([
      "seconds",
      ...sizes.map((hosts) => `${hosts} host${hosts === 1 ? "" : "s"}`),
      `CPU s, ${most}`,
      `MiB, ${most}`,
      `lost behind one bastion, of ${most}`,
    ]),
    `|---|${"---:|".repeat(sizes.length + 3)}`,
    ...who.map(row),
    "",
    line(["pdctl alone", "seconds"]),
    "|---|---:|",
    ...ourselves.map(([says, value]) => line([says, number(value)])),
    "",
    line(["pdctl", "at most", "is", ""]),
    "|---|---:|---:|---|",
    ...goals.map(({ says, most: limit, is }) =>
      line([says, number(limit), number(is), is <= limit ? "kept" : "**missed**"]),
    ),
    "",
    `Medians of ${rounds} rounds in which all take turns, every run cold: nobody keeps a connection; ratios are of two runs of one round. Hosts are namespaces of this machine with a real sshd each (test/hosts), so what they do for a login is paid by the same ${cores} cores. Others have ${AT_ONCE} at once; pdctl works on 64 and logs in to 32. CPU: of the launcher and all it starts; MiB: of its largest process. Node ${node.slice(1)}.${left.length > 0 ? ` Not installed, and left out: ${left.join(", ")}.` : ""}`,
  ].join("\n");
}
