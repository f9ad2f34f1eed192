import { existsSync, writeFileSync } from "node:fs";
import type { Command } from "commander";
import { UserError } from "../../../errors.ts";
import type { Imported } from "../../../imports/index.ts";
import { pasted } from "../../../quote.ts";
import type { Diagnostic } from "../../../topology/rule.ts";
import { type Call, does } from "../../edge/call.ts";
import { EXIT } from "../../edge/exit-codes.ts";
import { helped } from "../../usage/help.ts";
import { common } from "../../usage/options.ts";
import { askOf, type ImportOptions, importOptions, inputsOf } from "./ask.ts";

export const importVerb = (program: Command) =>
  does<ImportOptions>(
    helped(
      common(
        importOptions(program.command("import").argument("<file...>"))
          .option("-o, --output <FILE>", "where to write (stdout)")
          .option("--force", "overwrite the file"),
      ),
      {
        sentence: "Write a topology from scripts and recipes that you have, and say what became of every line.",
        after: [
          "Reads  shell scripts, documents with shell blocks, launch_online_dp.py with its template,",
          "       compose files, srt-slurm recipes, values of llm-d modelservice",
          "",
          "Examples",
          "  pdctl import serve.sh --node gpu-0=10.0.0.1,hardware=cuda,devices=8 -o cluster.yaml",
          "  pdctl import --role prefill=p.sh --role decode=d.sh p.sh d.sh proxy.sh",
        ],
      },
    ),
    async (call) => {
      const { importSetUp } = await import("../../../imports/index.ts");
      const { options } = call;
      if (options.output !== undefined && existsSync(options.output) && options.force !== true)
        throw new UserError("usage", {
          what: `${options.output} is there already`,
          next: "pdctl import --force, or -o FILE",
        });
      return told(call, importSetUp(inputsOf(call.args, options), askOf(options)));
    },
  );

/** The topology on stdout or in its file, remarks on stderr, or both in one document. */
async function told({ options, streams }: Call<ImportOptions>, { yaml, remarks }: Imported): Promise<number> {
  const [{ remarkLines }, diagnostics] = await Promise.all([
    import("../../../report/text/remarks.ts"),
    yaml === undefined ? [] : judged(yaml, options.output),
  ]);
  const errors = diagnostics.filter(({ level }) => level === "error");
  const missing = remarks.some((remark) => remark.missing);
  const exit = missing || errors.length > 0 ? EXIT.topology : EXIT.done;
  if (options.json === true) {
    const { asJson } = await import("../../../report/machine/document.ts");
    streams.out.raw(asJson({ schema: 1, topology: yaml ?? null, remarks, diagnostics, exit }));
    return exit;
  }
  const { diagnostic } = await import("../../../report/text/diagnostics.ts");
  streams.err.lines(remarkLines(remarks, options.quiet === true));
  streams.err.lines(diagnostics.filter(({ level }) => level !== "note").flatMap((found) => [...diagnostic(found), ""]));
  if (yaml === undefined) return exit;
  if (options.output === undefined) streams.out.raw(yaml);
  else {
    writeFileSync(options.output, yaml, { flag: options.force === true ? "w" : "wx" });
    streams.err.lines([
      exit === EXIT.done
        ? `✔ wrote ${options.output}`
        : `⚠ wrote ${options.output}: what is marked ✖ is yours to fill in`,
      `  next    pdctl ${exit === EXIT.done ? "plan" : "validate"} ${pasted(options.output)}`,
    ]);
  }
  return exit;
}

/** What validate says of it. */
async function judged(yaml: string, output: string | undefined): Promise<readonly Diagnostic[]> {
  const [{ loadTopology, locate }, { plan }] = await Promise.all([
    import("../../../topology/index.ts"),
    import("../../../plan/index.ts"),
  ]);
  const loaded = loadTopology(
    { file: output ?? "the topology", read: () => Buffer.from(yaml) },
    { set: [], hosts: [] },
  );
  const planned = loaded.topology && plan(loaded.topology);
  return [...loaded.diagnostics, ...(planned ? locate(planned.findings, loaded.origins) : [])];
}
