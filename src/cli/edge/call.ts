import { homedir } from "node:os";
import type { Command } from "commander";
import type { Common } from "../usage/options.ts";
import { Aim } from "./aim.ts";
import { atEdge, tellBug } from "./edge.ts";
import { EXIT } from "./exit-codes.ts";
import type { Streams } from "./streams.ts";

/** One verb as the user called it: what it is given beside its own options. */
export interface Call<Options = unknown> {
  readonly verb: string;
  readonly args: readonly (string | undefined)[];
  readonly options: Common & Options;
  readonly streams: Streams;
  readonly aim: Aim;
  readonly env: NodeJS.ProcessEnv;
  readonly places: { readonly home: string; readonly cwd: string };
}

/** What keeps a verb from its run is events, too: whoever reads the lines waits for a result. */
const inEvents = <Options>(call: Call<Options>, work: (call: Call<Options>) => Promise<number>): Promise<number> =>
  work(call).catch(async (error: unknown) => {
    const { attended } = await import("../run/attend.ts");
    return attended(call, () => Promise.reject(error));
  });

/** Gives a command its action: the work returns the exit code, and every error becomes text and a code. */
export function does<Options>(command: Command, work: (call: Call<Options>) => Promise<number>): Command {
  return command.action(async () => {
    const options = command.opts<Common & Options>();
    const { stdout, stderr, env } = process;
    const { streams } = await import("./streams.ts");
    const call: Call<Options> = {
      verb: command.name(),
      args: command.args,
      options,
      streams: streams({ stdout, stderr, env, options }),
      aim: new Aim(),
      env,
      places: { home: homedir(), cwd: process.cwd() },
    };
    process.once("uncaughtException", (error) => {
      tellBug(call.streams.err, error);
      process.exit(EXIT.bug); // after an error that nobody awaited, nothing can be trusted to end by itself
    });
    process.exitCode = await atEdge(call, () => (options.ndjson === true ? inEvents(call, work) : work(call)));
  });
}
