import { setTimeout as pause } from "node:timers/promises";
import { expect } from "vitest";
import type { Host } from "../hosts/host.ts";
import type { Running } from "../hosts/pdctl.ts";
import type { Case, Stage } from "./case.ts";
import { type Moment, moments, nameOf, reached } from "./moments.ts";
import { dockerItself, giveDocker, isPrepared, noContainerIsLeft, prepared } from "./prepared.ts";

/** Something that hits a verb while it runs. Ends with the verb's end, and with the world as it was. */
interface Blow {
  readonly name: string;
  strike(verb: Running, stage: Stage): Promise<void>;
}

const STALL_MS = 30_000;

const killed: Blow = {
  name: "SIGKILL of the launcher",
  async strike(verb) {
    verb.kill("SIGKILL");
    await verb.ended;
  },
};

const stalled: Blow = {
  name: "SIGSTOP of the launcher for 30 s",
  async strike(verb) {
    verb.kill("SIGSTOP");
    await pause(STALL_MS);
    verb.kill("SIGCONT");
    const { code } = await verb.ended;
    expect([0, 1, 4, 5, 6, 7]).toContain(code);
  },
};

const told = (name: string, signal: NodeJS.Signals, code: number, times = 1): Blow => ({
  name,
  async strike(verb) {
    for (let n = 0; n < times; n++) verb.kill(signal);
    const ended = await verb.ended;
    expect([code, 0], ended.stdout + ended.stderr).toContain(ended.code); // 0: it was about to end
  },
});

/** While the verb goes on; taken back after some seconds, or when it has ended. */
const meanwhile = (name: string, most: number, begin: (host: Host) => Promise<AsyncDisposable>): Blow => ({
  name,
  async strike(verb, { d, dice }) {
    {
      await using _fault = await begin(d);
      await Promise.race([verb.ended, pause(dice.between(500, most))]);
    }
    const { code } = await verb.ended;
    expect(code).not.toBe(70);
  },
});

const nothing: AsyncDisposable = { [Symbol.asyncDispose]: async () => undefined };

/** What a firewall does that throws connections out. */
const reset = meanwhile("connections to decode's node reset", 3_000, async (host) => {
  await host.reset();
  return nothing;
});

/** What a login that is killed does: the connection ends without an error. */
const closed = meanwhile("connections to decode's node closed from there", 3_000, async (host) => {
  for (const { argv, pid } of host.processes())
    if (/^sshd: \w+@notty|^sshd-session: \w+@notty/.test(argv[0] ?? "")) host.kill(pid);
  return nothing;
});

const powerOff = meanwhile("decode's node without power for a while", 8_000, async (host) => {
  await host.crash();
  return { [Symbol.asyncDispose]: () => host.start() };
});

const rebooted = meanwhile("decode's node rebooted", 1_000, async (host) => {
  await host.reboot();
  return nothing;
});

const blows: readonly Blow[] = [
  killed,
  stalled,
  told("SIGINT", "SIGINT", 130),
  told("SIGINT twice", "SIGINT", 130, 2),
  told("SIGHUP", "SIGHUP", 143),
  meanwhile("link to decode's node cut", 8_000, (host) => host.cutLink()),
  meanwhile("half-open: what the launcher sends to decode's node is lost", 8_000, (host) =>
    host.block({ from: "launcher" }),
  ),
  reset,
  closed,
  powerOff,
  rebooted,
];

const struck = (blow: Blow, moment: Moment): Case => ({
  name: `${blow.name}, when ${nameOf(moment)}`,
  ...(isPrepared(moment) && {
    topology: prepared,
    own: dockerItself,
    simulated: "a script stands in for docker",
    after: async ({ d }: Stage) => noContainerIsLeft(d),
  }),
  async play(stage) {
    const { file, run, begin } = stage;
    if (isPrepared(moment)) giveDocker(stage.d);
    if (moment.verb === "down") {
      const up = await run(["up", file]);
      expect(up.code, up.stdout + up.stderr).toBe(0);
    }
    const verb = begin([moment.verb, file, "--ndjson", ...(moment.verb === "up" ? ["--yes"] : [])]);
    if (await reached(verb, moment)) await blow.strike(verb, stage);
    else await verb.ended;
  },
});

/** Every blow at every boundary of every phase of up and down. */
export const interruptions: readonly { readonly verb: "up" | "down"; readonly one: Case }[] = blows.flatMap((blow) =>
  moments.map((moment) => ({ verb: moment.verb, one: struck(blow, moment) })),
);
