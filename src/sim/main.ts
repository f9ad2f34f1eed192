import { runEngine } from "./engine-process.ts";
import { Fatal } from "./fatal.ts";
import { readFaults } from "./faults.ts";
import { createLog } from "./log.ts";
import { mooncakeMaster } from "./mooncake-master.ts";

/**
 * The stand-in: plays `vllm serve` (argv as behind `serve`), or mooncake_master where that is the first word.
 * Resolves with the exit code. Everything that may go wrong on purpose is in faults.ts.
 */
export async function simMain(argv: readonly string[]): Promise<number> {
  try {
    if (argv[0] === "mooncake_master") return await mooncakeMaster(argv.slice(1), readFaults(process.env, []));
    return await runEngine(argv, process.env);
  } catch (error) {
    if (!(error instanceof Fatal)) throw error;
    if (argv[0] === "mooncake_master" || error.exit === 2 || error.exit === 0)
      process.stderr.write(`${error.lines.join("\n")}\n`);
    else createLog("APIServer").plain(error.lines.join("\n"));
    return error.exit;
  }
}
