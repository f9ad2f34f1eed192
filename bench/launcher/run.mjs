/** One command, what it cost and what it said. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";

const MOST_MS = 600_000; // a command that hangs must not hang the whole run
const measured = path.join(import.meta.dirname, "measured.py");

/** Seconds and KiB of one command, and its output; `lines` are those of stdout, each with the seconds after which it came. */
export async function run(argv, { env, cwd }) {
  const began = performance.now();
  const child = spawn("python3", [measured, ...argv], { env, cwd, stdio: ["ignore", "pipe", "pipe", "pipe"] });
  const late = setTimeout(() => child.kill("SIGKILL"), MOST_MS);
  const [said, lines] = [{ 1: "", 2: "", 3: "" }, []];
  for (const fd of [1, 2, 3])
    child.stdio[fd].setEncoding("utf8").on("data", (text) => {
      said[fd] += text;
      if (fd !== 1) return;
      const seconds = (performance.now() - began) / 1000;
      lines.push(...Array.from({ length: text.split("\n").length - 1 }, () => seconds));
    });
  await once(child, "close");
  clearTimeout(late);
  if (said[3] === "") throw new Error(`${argv.join(" ")} did not end:\n${said[1]}${said[2]}`);
  return { ...JSON.parse(said[3]), stdout: said[1], stderr: said[2], lines };
}

/** The same, of a command that must end well. */
export async function well(argv, place) {
  const done = await run(argv, place);
  if (done.code !== 0) throw new Error(`${argv.join(" ")} ended with ${done.code}:\n${done.stdout}${done.stderr}`);
  return done;
}
