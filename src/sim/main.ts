import { runEngine } from "./engine-process.ts";
import { Fatal } from "./fatal.ts";
import { BadFault, readFaults } from "./faults.ts";
import { createLog } from "./log.ts";
import { mooncakeMaster } from "./mooncake-master/index.ts";

const ABORTED = 134;

/**
 * The stand-in: plays `vllm serve` (argv as behind `serve`), or mooncake_master where that is the first word.
 * Everything that may go wrong on purpose is in faults.ts; `--help` lists it.
 * @returns the exit code: 0 after SIGTERM or SIGINT, 1 for what vLLM raises, 2 for what its parser refuses
 */
export async function simMain(argv: readonly string[]): Promise<number> {
  const [program, ...rest] = argv;
  try {
    if (program === "mooncake_master") return await mooncakeMaster(rest, readFaults(process.env, []));
    return await runEngine(argv, process.env);
  } catch (error) {
    if (error instanceof BadFault) {
      process.stderr.write(`stand-in: ${error.message}\n`);
      return 2;
    }
    if (!(error instanceof Fatal)) throw error;
    const text = error.lines.join("\n");
    if (error.exit === 0) process.stdout.write(`${text}\n`);
    else if (error.exit === 2 || program === "mooncake_master") process.stderr.write(`${text}\n`);
    else createLog("APIServer").plain(text);
    if (error.exit === ABORTED) process.kill(process.pid, "SIGABRT"); // as a fatal line of glog does
    return error.exit;
  }
}
