import { existsSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { UserError } from "../../../errors.ts";
import type { FirstAnswers } from "../../../topology/first.ts";
import { type Call, does } from "../../edge/call.ts";
import { EXIT } from "../../edge/exit-codes.ts";
import { root } from "../../edge/package.ts";
import { helped } from "../../usage/help.ts";
import { common, list, whole } from "../../usage/options.ts";
import type { InitOptions } from "./answers.ts";

export const init = (program: Command) =>
  does<InitOptions>(
    helped(
      common(
        program
          .command("init")
          .option("--nodes <RANGE>", "hosts: names, addresses or ranges; local for this machine")
          .option("--from-nodes <HOST...>", "hosts that are asked for hardware, devices and NIC")
          .option("--hardware <NAME>", "of the nodes: pdctl explain hardware lists them")
          .option("--devices <N>", "of each node", whole)
          .option("--model <PATH|NAME>", "path on the nodes, or hub name")
          .option("--connector <NAME>", "how KV moves (nixl; mooncake-ascend on Ascend)")
          .option("--field <KEY=VALUE>", "a key of the connector, any number of times", list)
          .option("--prefill <NODES>", "nodes of prefill")
          .option("--decode <NODES>", "nodes of decode")
          .option("--ratio <P:D>", "share of prefill and decode (1:1)")
          .option("--tp <N>", "devices of an instance", whole)
          .option("--name <NAME>", "of the cluster (cluster)")
          .option("-o, --output <FILE>", "where to write, - for stdout (cluster.yaml)")
          .option("--force", "overwrite the file"),
        { document: false },
      ),
      {
        sentence: "Write a first topology: asks, or takes the answers as options.",
        after: [
          "Examples",
          "  pdctl init --from-nodes gpu1 gpu2 --model Qwen/Qwen3-8B",
          "  pdctl init --nodes '10.0.0.[1-2]' --hardware cuda --devices 8 --model /models/Qwen3-32B",
        ],
      },
    ),
    async (call) => {
      const { options } = call;
      const file = options.output ?? "cluster.yaml";
      if (file !== "-" && existsSync(file) && options.force !== true)
        throw new UserError("usage", { what: `${file} is there already`, next: "pdctl init --force, or -o FILE" });
      const [{ answersOf }, { firstTopology }] = await Promise.all([
        import("./answers.ts"),
        import("../../../topology/first.ts"),
      ]);
      const answers = await answersOf(call);
      const schema = fileURLToPath(new URL("docs/topology.schema.json", root));
      return written(call, file, firstTopology({ ...answers, schema }), answers);
    },
  );

/** Only what the loader and the planner take without an error is written. */
async function written(
  { streams, options }: Call<InitOptions>,
  file: string,
  text: string,
  { name }: FirstAnswers,
): Promise<number> {
  const [{ loadTopology, locate }, { plan }, { diagnosticLines }, { several }] = await Promise.all([
    import("../../../topology/index.ts"),
    import("../../../plan/index.ts"),
    import("../../../report/text/diagnostics.ts"),
    import("../../../words/numbers.ts"),
  ]);
  const named = file === "-" ? "the topology" : file;
  const loaded = loadTopology({ file: named, read: () => Buffer.from(text) }, { set: [], hosts: [] });
  const planned = loaded.topology && plan(loaded.topology);
  const diagnostics = [...loaded.diagnostics, ...(planned ? locate(planned.findings, loaded.origins) : [])];
  if (diagnostics.some(({ level }) => level === "error")) {
    streams.err.lines(diagnosticLines(named, diagnostics, ""));
    return EXIT.topology;
  }
  if (file === "-") {
    streams.out.raw(text);
    return EXIT.done;
  }
  writeFileSync(file, text, { flag: options.force === true ? "w" : "wx" });
  const warnings = diagnostics.filter(({ level }) => level === "warning").length;
  const services = several(planned?.plan.services.length ?? 0, "service");
  streams.out.lines([
    `✔ wrote ${file}: ${name}, ${text.trimEnd().split("\n").length} lines, ${services}, no errors, ${several(warnings, "warning")}`,
    `  next    pdctl plan${file === "cluster.yaml" ? "" : ` ${file}`}`,
  ]);
  return EXIT.done;
}
