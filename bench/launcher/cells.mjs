/** What is measured. Every round takes pdctl and all others in turn, so that a noisy neighbour hits all of them. */
import path from "node:path";
import { engines as enginesOf, names, range, wide, written } from "./fleet.mjs";
import { run, well } from "./run.mjs";

const bin = path.join(import.meta.dirname, "../../bin/pdctl.js");
const TIMEOUT_S = 3; // connect_timeout with the black hole
const HOLE_AMONG = 32;

const place = ({ lab }, env = {}) => ({ env: { ...lab.launcher.environment(), ...env }, cwd: lab.launcher.home });
const pdctl = (bench, ...words) => well([process.execPath, bin, ...words], place(bench));
const seconds = ({ wall }) => `${wall.toFixed(2)} s`;
const cost = ({ wall, cpu, kib }) => ({ wall, cpu, kib });

async function asked(bench, peer, hosts, words) {
  const argv = await peer.argv(hosts, words, bench.lab.launcher.home);
  return run(argv, place(bench, peer.env));
}

/**
 * `true` on so many hosts by everybody; `status`, `up` with nothing to do over a cluster that has something on every host, and its `down`.
 * Nobody keeps a connection: all is cold.
 */
export async function beside(bench) {
  const { lab, there, sizes, most, rounds, said } = bench;
  const file = await written(lab, "fleet", wide("fleet", most));
  const cells = [{ round: 0, hosts: most, who: "first", ...cost(await pdctl(bench, "up", file)) }];
  for (let round = 0; round < rounds; round++)
    for (const hosts of sizes) {
      const nodes = ["--nodes", range(hosts)];
      const keep = (who, done) => {
        cells.push({ round, hosts, who, ...cost(done) });
        said(`round ${round + 1}, ${hosts} hosts: ${who} ${seconds(done)}`);
      };
      keep("exec", await pdctl(bench, "exec", file, ...nodes, "--", "true"));
      for (const peer of there) {
        const done = await asked(bench, peer, names(hosts), ["true"]);
        if (done.code !== 0) throw new Error(`${peer.title} ended with ${done.code}:\n${done.stdout}${done.stderr}`);
        keep(peer.name, done);
      }
      keep("status", await status(bench, file, nodes));
    }
  for (let round = 0; round < rounds; round++)
    cells.push({ round, hosts: most, who: "up", ...cost(await pdctl(bench, "up", file)) });
  cells.push({ round: 0, hosts: most, who: "down", ...cost(await pdctl(bench, "down", file, "--yes")) });
  return cells;
}

/** A part of a cluster is never called healthy, so both exit codes say that all were asked. */
async function status(bench, file, nodes) {
  const done = await run([process.execPath, bin, "status", file, ...nodes], place(bench));
  if (done.code !== 0 && done.code !== 5) throw new Error(`status ended with ${done.code}:\n${done.stdout}`);
  return done;
}

/** All hosts through one bastion whose sshd has its own limits: who is lost. */
export async function throughBastion(bench) {
  const { lab, there, most, said } = bench;
  const file = await written(lab, "behind", wide("behind", most, { letter: "j" }));
  const done = await run([process.execPath, bin, "exec", file, "--", "echo", "answered"], place(bench));
  const found = [{ who: "exec", lost: most - (done.stdout.match(/ answered$/gm)?.length ?? 0), ...cost(done) }];
  for (const peer of there) {
    const theirs = await asked(bench, peer, names(most, "j"), ["echo", "answered"]);
    found.push({ who: peer.name, lost: most - peer.answers(theirs.stdout + theirs.stderr), ...cost(theirs) });
  }
  for (const { who, lost, wall } of found)
    said(`through the bastion: ${who} lost ${lost} of ${most}, ${seconds({ wall })}`);
  return found;
}

/** One host whose packets vanish, and the same without it: what it costs, and when the last of the others answered. */
export async function blackHole(bench) {
  const { lab, most, rounds, said } = bench;
  const among = Math.min(HOLE_AMONG, most);
  const file = await written(lab, "hole", wide("hole", among, { timeout: `${TIMEOUT_S}s` }));
  const argv = [process.execPath, bin, "exec", file, "--", "echo", "answered"];
  const found = [];
  for (let round = 0; round < rounds; round++) {
    const without = await well(argv, place(bench));
    const silent = await lab.host(names(among).at(-1)).block();
    try {
      const done = await run(argv, place(bench));
      const others = done.lines.length;
      if (others !== among - 1) throw new Error(`${others} of the ${among - 1} others answered:\n${done.stderr}`);
      found.push({
        wall: done.wall,
        last: done.lines.at(-1),
        without: without.wall,
        lastWithout: without.lines.at(-1),
      });
      said(`one of ${among} silent: ${seconds(done)}, without ${seconds(without)}`);
    } finally {
      await silent[Symbol.asyncDispose]();
    }
  }
  return { among, timeout: TIMEOUT_S, rounds: found };
}

/** Stand-ins on every node, half of them prefill, and the proxy: from nothing, once more, and to nothing with its proof. */
export async function lifeOfEngines(bench) {
  const { lab, engines, rounds, said } = bench;
  const file = await written(lab, "engines", enginesOf("engines", engines));
  const found = [];
  for (let round = 0; round < rounds; round++) {
    const first = await pdctl(bench, "up", file);
    const again = await pdctl(bench, "up", file);
    const down = await pdctl(bench, "down", file, "--yes");
    found.push({ first: cost(first), again: cost(again), down: cost(down) });
    said(`${engines} nodes: up ${seconds(first)}, up again ${seconds(again)}, down ${seconds(down)}`);
  }
  return found;
}
