// Reads the text of `vllm serve --help=all` and writes the stand-in's flag table: node scripts/sim-flags.mjs HELP VERSION > src/sim/flags.json
import { readFileSync } from "node:fs";

const [helpFile, version] = process.argv.slice(2);
if (!helpFile || !version) {
  console.error("usage: node scripts/sim-flags.mjs HELP_TEXT VERSION");
  process.exit(2);
}

// The help shows no types: these have no default but want an integer, those want a fraction although their default is whole.
const integers = new Set(
  `api-server-count block-size data-parallel-rank data-parallel-size-local data-parallel-start-rank data-parallel-rpc-port
   data-parallel-supervisor-port decode-context-parallel-size distributed-timeout-seconds cpu-distributed-timeout-seconds max-log-len
   max-logprobs node-rank nnodes master-port num-gpu-blocks-override prefill-context-parallel-size seed stream-interval
   max-cudagraph-capture-size pipeline-parallel-size tensor-parallel-size data-parallel-size port shutdown-timeout max-num-seqs`.split(
    /\s+/,
  ),
);

const fractions = new Set(["cpu-offload-gb", "mm-ipc-gpu-memory-gb", "mm-processor-cache-gb"]);
const json = new Set(["additional-config", "hf-overrides", "model-loader-extra-config"]);

const flags = [];
let current;
for (const line of readFileSync(helpFile, "utf8").split("\n")) {
  const head = /^ {2}(-{1,2}[a-zA-Z].*)$/.exec(line);
  if (head) {
    current = { ...declaration(head[1]), help: "" };
    flags.push(current);
  } else if (/^\S/.test(line)) current = undefined;
  else if (current) current.help += ` ${line.trim()}`;
}

/** One declaration line of the help: every spelling, the placeholder, an inline description if it fitted. */
function declaration(text) {
  const [spellings] = text.split(/ {2,}/);
  const names = [];
  let rest = spellings;
  let value = "";
  for (;;) {
    const match = /^(-{1,2}[A-Za-z][\w-]*)/.exec(rest);
    if (!match) break;
    names.push(match[1]);
    rest = rest.slice(match[1].length).trimStart();
    const next = rest.search(/, -{1,2}[A-Za-z]/);
    if (next > 0) {
      value = rest.slice(0, next).trim();
      rest = rest.slice(next + 2);
    } else if (rest.startsWith(", -")) rest = rest.slice(2);
    else value = rest.trim() || value;
  }
  return { names, value };
}

function kind({ names, value, help }) {
  const long = names.find((name) => name.startsWith("--"))?.slice(2) ?? "";
  if (names.includes("--help")) return { kind: "help" };
  if (names.some((name) => name.startsWith("--no-"))) return { kind: "boolean" };
  if (value === "") return { kind: "switch" };
  const choices = /^\{([^}]*)\}(.*)$/.exec(value) ?? /^\[('[^\]]*')\]()$/.exec(value);
  const many = /^(\S+|\{.*?\}) \[.*\.\.\.\]$/.test(value);
  if (choices && !choices[2]?.includes("or name")) {
    return {
      kind: many ? "list" : "choice",
      choices: choices[1].split(",").map((choice) => choice.trim().replace(/^'|'$/g, "")),
    };
  }
  if (many) return { kind: "list" };
  if (/^\[[A-Z_]+\]$/.test(value)) return { kind: "optional" };
  if (json.has(long) || /valid JSON string or JSON keys/.test(help)) return { kind: "json" };
  if (/human-readable integers/.test(help)) return { kind: "size" };
  const given = /\(default: (-?\d+(?:\.\d+)?(?:e-?\d+)?)\)/.exec(help)?.[1];
  if (fractions.has(long)) return { kind: "number" };
  if (integers.has(long) || (given !== undefined && /^-?\d+$/.test(given))) return { kind: "integer" };
  return given === undefined ? { kind: "text" } : { kind: "number" };
}

const rows = flags.map((flag) => JSON.stringify({ names: flag.names, ...kind(flag) }));
process.stdout.write(
  `{\n"comment": "Read from the help text of vllm serve ${version} by scripts/sim-flags.mjs",\n"version": "${version}",\n"flags": [\n${rows.join(",\n")}\n]\n}\n`,
);
