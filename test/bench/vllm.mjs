// What stands for `vllm` in an environment that a test names: `serve` is the stand-in engine, `bench serve` sends its requests one after the
// other and writes what vLLM 0.32 writes, its bar, its table and the keys of its result file.
import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";

/** Longer than a block, and no two alike from the start on. */
const prompt = (number) => `${number} ${Array.from({ length: 80 }, (_, at) => `word${(number + 1) * at}`).join(" ")}`;

const [verb, ...words] = process.argv.slice(2);
if (verb === "serve") serve();
else await bench(words.slice(1));

function serve() {
  const sim = join(import.meta.dirname, "../../dist/sim.mjs");
  const child = spawn(process.execPath, [sim, ...words], { stdio: "inherit" });
  for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => child.kill(signal));
  child.on("close", (code, signal) => process.exit(signal === null ? code : 1));
}

async function bench(args) {
  const text = { type: "string" };
  const options = Object.fromEntries(
    ["model", "host", "port", "served-model-name", "num-prompts", "result-dir", "result-filename", "n"].map((n) => [
      n,
      text,
    ]),
  );
  const values = valuesOf(args, { ...options, "save-result": { type: "boolean" } });
  const of = Number(values["num-prompts"]);
  const post = (path, body) =>
    fetch(`http://${values.host}:${values.port}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model: values["served-model-name"] ?? values.model, ...body }),
    });
  await post("/tokenize", { prompt: prompt(0) }); // does the server count as it does itself?
  let [completed, input, output] = [0, 0, 0];
  for (let done = 0; done < of; done++) {
    const reply = await post("/v1/completions", { prompt: prompt(done), max_tokens: 4, n: Number(values.n ?? 1) });
    const { usage } = await reply.json();
    if (reply.ok)
      [completed, input, output] = [completed + 1, input + usage.prompt_tokens, output + usage.completion_tokens];
    process.stderr.write(`\r${Math.round((100 * (done + 1)) / of)}%|####| ${done + 1}/${of} [00:01<00:00, 9.9it/s]`);
  }
  console.log(`\n${" Serving Benchmark Result ".padStart(38, "=").padEnd(50, "=")}`);
  console.log(`${"Successful requests:".padEnd(40)} ${completed}\n${"Failed requests:".padEnd(40)} ${of - completed}`);
  console.log("=".repeat(50));
  const result = { num_prompts: of, completed, failed: of - completed, duration: 1.5, total_input_tokens: input };
  const times = { total_output_tokens: output, median_ttft_ms: 12.5, median_tpot_ms: 3.25 };
  await writeFile(join(values["result-dir"], values["result-filename"]), JSON.stringify({ ...result, ...times }));
}

/** As argparse ends: its word on stderr, exit code 2. */
function valuesOf(args, options) {
  try {
    return parseArgs({ args, options }).values;
  } catch ({ message }) {
    process.stderr.write(`vllm: error: ${message}\n`);
    process.exit(2);
  }
}
