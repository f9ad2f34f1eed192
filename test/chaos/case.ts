import { join } from "node:path";
import type { Host } from "../hosts/host.ts";
import { hosts, type Lab } from "../hosts/lab.ts";
import { type Choices, topology, two } from "../hosts/one-p-one-d.ts";
import { type Ended, type Running, start, type Words } from "../hosts/pdctl.ts";
import { type Account, type HostSpec, type LabOptions, launcherHome } from "../hosts/spec.ts";
import { accountOf } from "../hosts/traces.ts";
import type { Dice } from "./dice.ts";

/** A value that engines get and nobody else may ever see. */
export const SECRET = "sesame-open-the-mountain-4711";

/** One thing that goes wrong, from a lab with nothing on it to the last word of the case itself. */
export interface Case {
  readonly name: string;
  /** What is not the real thing on this machine, and what stands in for it. */
  readonly simulated?: string;
  /** Why it cannot be tried here. */
  readonly lacks?: () => string | undefined;
  /** What the case itself writes on a host: not pdctl's to remove. */
  readonly own?: RegExp;
  readonly lab?: LabOptions;
  readonly hosts?: readonly HostSpec[];
  /** Whom the launcher logs in as; default: root. */
  readonly user?: Account["name"];
  readonly topology?: Choices;
  play(stage: Stage): Promise<void>;
  /** Takes away what the case itself has on a host, after a `down` that left that alone. */
  after?(stage: Stage): Promise<void>;
}

/** What a case has in hand: the hosts, the topology, and pdctl, whose every word is kept for the search for secrets. */
export interface Stage {
  readonly lab: Lab;
  /** What is on the hosts that neither was there before nor is the case's own. */
  leftovers(): readonly string[];
  readonly file: string;
  /** Where pdctl keeps its state on the hosts. */
  readonly state: string;
  readonly dice: Dice;
  /** Of decode. */
  readonly d: Host;
  run(words: Words): Promise<Ended>;
  /** `launcher`: another machine, which knows nothing of what this one did. */
  begin(words: Words, options?: { readonly launcher?: string }): Running;
  /** Everything that pdctl has said so far. */
  said(): string;
}

/** A side service besides the two engines, so that every phase has work. */
const clock = [
  "services:",
  "  - { name: clock, node: n1, command: [bash, -c, 'while sleep 0.5; do echo tick; done'] }",
];

/** Plays a case on hosts of its own. What comes after the case is the caller's to say. */
export async function onStage(one: Case, dice: Dice, work: (stage: Stage) => Promise<void>): Promise<void> {
  await using lab = await hosts(one.hosts ?? two, one.lab ?? {});
  const { user = "root" } = one;
  const { more = [], ...choices } = one.topology ?? {};
  const file = topology("chaos", {
    ssh: `{ connect_timeout: 3s, user: ${user} }`,
    ...choices,
    more: ["secrets: [CHAOS_TOKEN]", "timeouts: { ready: 60s, stop: 5s }", ...clock, ...more],
  });
  const heard: Running[] = [];
  const begin: Stage["begin"] = (words, { launcher: other } = {}) => {
    const elsewhere = other === undefined ? {} : { XDG_STATE_HOME: join(launcherHome, other) };
    const running = start(words, { env: { CHAOS_TOKEN: SECRET, ...elsewhere } });
    heard.push(running);
    return running;
  };
  try {
    await work({
      lab,
      leftovers: () => lab.leftovers().filter((text) => one.own?.test(text) !== true),
      file,
      state: choices.stateDir ?? join(accountOf(user).home, ".pdctl"),
      dice,
      d: lab.host("n1"),
      begin,
      run: (words) => begin(words).ended,
      said: () => heard.map((running) => running.output()).join("\n"),
    });
  } finally {
    for (const running of heard) await running[Symbol.asyncDispose]();
  }
}
