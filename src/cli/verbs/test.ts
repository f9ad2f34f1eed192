import type { Command } from "commander";
import type { Run } from "../../cluster/run/run.ts";
import type { Facts } from "../../facts/facts.ts";
import type { Suite } from "../../report/machine/junit.ts";
import type { Tally } from "../../report/tally.ts";
import type { Call } from "../edge/call.ts";
import { does } from "../edge/call.ts";
import { EXIT } from "../edge/exit-codes.ts";
import type { Sound } from "../subject/sound.ts";
import { helped } from "../usage/help.ts";
import { common, FIVE_MINUTES, milliseconds } from "../usage/options.ts";

interface Options {
  readonly rehearse?: true;
  readonly junit?: string;
  readonly timeout?: number;
  readonly waitLock?: number;
  readonly requireEvidence?: true;
}

export const test = (program: Command) =>
  does<Options>(
    helped(
      common(program.command("test").argument("[topology]"), { events: true })
        .option("--junit <FILE>", "write what came of every phase, service, node and check as JUnit XML")
        .option("--rehearse", "stand-in engines on the real nodes and ports; no weight is loaded")
        .option("--require-evidence", "the proof has to be a counter, a log or the store")
        .option("--timeout <DURATION>", "limit until every engine is ready (timeouts.ready, 15m)", milliseconds)
        .option("--wait-lock <DURATION>", "wait for another run instead of leaving with exit 7", milliseconds)
        .option("-y, --yes", "answer yes"),
      {
        sentence: "For CI: up, smoke, and always down; one exit code for all three.",
        after: ["In GitHub Actions each of them adds its block to the job's summary."],
      },
    ),
    async (call) => {
      const { onSound } = await import("../subject/sound.ts");
      const rehearse = call.options.rehearse === true;
      return onSound(call, { argument: call.args[0], rehearse }, (sound) => tested(call, sound, rehearse));
    },
  );

/** No node was changed: whatever runs there is somebody else's business. */
const UNTOUCHED: ReadonlySet<number> = new Set([EXIT.usage, EXIT.topology, EXIT.login, EXIT.locked, EXIT.refused]);

async function tested(
  call: Call<Options>,
  { topology, file, plan: drafted }: Sound,
  rehearse: boolean,
): Promise<number> {
  const [cluster, { plan }, { allSecrets, secretsFrom }, { attended }, { knownCluster }, { reportable, writeJunit }] =
    await Promise.all([
      import("../../cluster/index.ts"),
      import("../../plan/index.ts"),
      import("../subject/sound.ts"),
      import("../run/attend.ts"),
      import("../subject/standing.ts"),
      import("../run/suite.ts"),
    ]);
  const { options, env } = call;
  if (options.junit !== undefined) reportable(options.junit);
  const began = performance.now();
  const suites: Suite[] = [];
  const requireEvidence = options.requireEvidence === true;
  const play = async (verb: string, work: (run: Run) => Promise<number>): Promise<number> => {
    const showing = {
      requireEvidence,
      silent: options.json === true,
      onSuite: (suite: Suite) => void suites.push(suite),
    };
    return attended({ ...call, verb }, work, showing);
  };
  const ask = {
    topology,
    skip: topology.preflight.skip,
    plan: (facts: readonly Facts[]) => plan(topology, facts, { rehearse }),
    file,
    options: {
      rehearse,
      keep: true,
      onFailure: "keep" as const,
      ...(options.timeout !== undefined && { readyMs: options.timeout }),
      waitLockMs: options.waitLock ?? 0,
      drainMs: 0,
      smoke: true,
      requireEvidence,
      adopt: false,
      secrets: rehearse ? {} : allSecrets(topology, env),
    },
  };
  const known = () => knownCluster(call, file);
  const secretsOf = secretsFrom(env, call.streams);
  const up = await play("up", (run) => cluster.up(ask, run));
  const proof =
    up === EXIT.done
      ? await play("smoke", async (run) =>
          cluster.smoke(await known(), { requireEvidence, limitMs: FIVE_MINUTES, secretsOf }, run),
        )
      : up;
  const down = { discardLogs: false, forget: [], waitLockMs: options.waitLock ?? 0 };
  const gone = UNTOUCHED.has(up)
    ? EXIT.done
    : await play("down", async (run) => cluster.down(await known(), down, run));
  const exit = proof === EXIT.done ? gone : proof;
  if (options.junit !== undefined) writeJunit(options.junit, suites, call);
  await say(call, suites, { cluster: drafted.cluster, exit, seconds: (performance.now() - began) / 1000 });
  return exit;
}

/** The verdict of what did not hold, or of all three. */
async function say(
  call: Call<Options>,
  suites: readonly Suite[],
  { cluster, exit, seconds }: { cluster: string; exit: number; seconds: number },
): Promise<void> {
  const { verdict } = await import("../../report/ending/closing.ts");
  const failed = suites.map(({ state }) => state).find(({ result }) => result !== undefined && result.exit !== 0);
  const words = failed === undefined ? "was up, proven and taken down" : `was tested · ${failed.verb}: ${bare(failed)}`;
  const result = {
    verb: "test",
    exit,
    state: exit === 0 ? ("gone" as const) : ("unknown" as const),
    seconds,
    verdict: words,
    next: [],
  };
  if (call.options.json === true) {
    const document = { schema: "pdctl.test/1", cluster, suites: suites.map(({ state }) => state.result), result };
    call.streams.out.raw(`${JSON.stringify(document, null, 2)}\n`);
  } else if (call.options.ndjson !== true) call.streams.out.lines(["", verdict(result, cluster)]);
}

const bare = ({ result }: Tally) => result?.verdict ?? "it did not end";
