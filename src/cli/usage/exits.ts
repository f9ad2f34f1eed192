/**
 * With which exit codes each verb ends, in the words of its help; what every verb may end with (2 a usage error, 70 a bug, 130 and 143 interrupted) is not repeated. The help is
 * made of it, and a verb without a line here does not pass its test.
 */
const EXITS: Readonly<Record<string, string>> = {
  init: "0 written, 2 an answer is missing, 3 it would not be valid, 4 a node could not be asked",
  import: "0 written, 3 something essential is missing or the topology would not be valid",
  validate: "0 sound, 3 an error, or a warning with --strict",
  plan: "0 sound, 3 topology; with --changes also 4 login",
  explain: "0 known, 2 no such code",
  check: "0 nothing speaks against it, 3 topology, 4 login, 8 check refused, or the answer was no",
  up: "0 up and proven, 1 a service or the proof, 3 topology, 4 login, 5 a node was lost, 6 time, 7 lock, 8 check or no",
  smoke: "0 proven, 1 the proof did not hold, 4 no login, 5 a node was lost",
  bench: "0 all answered and KV moved, 1 not so, 2 nothing to run, 3 topology, 4 no login, 5 a node was lost",
  restart:
    "0 up and proven, 1 a service or the proof, 3 topology, 4 login, 5 a node was lost, 6 time, 7 lock, 8 check or no",
  down: "0 nothing is left, 4 no login, 5 left-overs or a node that did not answer, 7 lock, 8 no",
  status: "0 healthy, 1 absent, 4 no login, 5 degraded, starting or unknown",
  logs: "0 read, 1 there is no such log, 4 no login, 5 a node did not answer",
  exec: "0 exit code 0 on every node, 1 another one on some, 4 no login, 5 a node did not answer",
  orphans: "0 none is left, 4 no login, 5 orphans, somebody in the way, a silent node, 7 lock",
  trust: "0 all keys are known, 4 a key is not, has changed, or a node did not answer",
  test: "of up or smoke, and of down where those were 0; what was never touched is not taken down",
  schema: "0 written",
  demo: "0 all went as it should, 1 something did not",
  completion: "0 written",
  version: "0 said",
};

const MOST = 93; // columns

/** `Exit  0 up and proven, 1 a service …`, cut between codes. */
export function exitLines(verb: string): readonly string[] {
  const lines: string[] = [];
  for (const part of (EXITS[verb] ?? "").split(/(?<=,) (?=\d )/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + part.length < MOST) lines[lines.length - 1] = `${last} ${part}`;
    else lines.push(`${lines.length === 0 ? "Exit  " : "      "}${part}`);
  }
  return lines;
}
