/**
 * How often each block of a program's code runs for each of some sizes: `node count-steps.mjs MODULE SIZE...`, where MODULE exports
 * `work(size)`. Prints one object per size, place → count, as JSON. Without the optimising compiler and with all bytecode kept, the counts
 * are the same on every machine, however busy it is.
 */
import { readFileSync } from "node:fs";
import { Session } from "node:inspector";
import { pathToFileURL } from "node:url";
import v8 from "node:v8";

for (const flag of ["--no-opt", "--no-sparkplug", "--no-flush-bytecode"]) v8.setFlagsFromString(flag);
const [file = "", ...sizes] = process.argv.slice(2);
const session = new Session();
session.connect();
session.post("Profiler.enable");
session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
const { work } = await import(pathToFileURL(file).href);
const sources = places(readFileSync(file, "utf8"));
work(Number(sizes[0])); // what happens once per process has happened
taken();
const counts = sizes.map((size) => {
  work(Number(size));
  return taken();
});
process.stdout.write(JSON.stringify(counts));

/** Counts since the last call; the profiler starts again from zero. */
function taken() {
  let counts = {};
  session.post("Profiler.takePreciseCoverage", (_, { result }) => {
    const own = result.find(({ url }) => url === pathToFileURL(file).href);
    counts = Object.fromEntries(
      (own?.functions ?? []).flatMap(({ functionName, ranges }) =>
        ranges.map(({ startOffset, count }) => [`${sources(startOffset)} ${functionName} +${startOffset}`, count]),
      ),
    );
  });
  return counts;
}

/** The bundler writes each source file's name above its code. */
function places(text) {
  const heads = [...text.matchAll(/^\/\/ (\S+\.(?:ts|mjs|js))$/gm)].map(({ index, 1: name }) => ({ index, name }));
  return (offset) => heads.findLast(({ index }) => index < offset)?.name ?? "";
}
