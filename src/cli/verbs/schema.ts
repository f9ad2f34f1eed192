import { type Command, Option } from "commander";
import { does } from "../edge/call.ts";
import { EXIT } from "../edge/exit-codes.ts";
import { helped } from "../usage/help.ts";
import { common } from "../usage/options.ts";

interface Options {
  readonly markdown?: true;
}

export const schema = (program: Command) =>
  does<Options>(
    helped(
      common(program.command("schema").addOption(new Option("--markdown", "every key as a page instead")), {
        document: false,
      }),
      {
        sentence: "The JSON Schema of a topology, for your editor.",
        after: [
          "pdctl schema > topology.schema.json   then, as a topology's first line:",
          "# yaml-language-server: $schema=./topology.schema.json",
        ],
      },
    ),
    async ({ options, streams: { out } }) => {
      const { topologyPage, topologySchema } = await import("../../topology/schema/index.ts");
      out.raw(options.markdown === true ? topologyPage() : `${JSON.stringify(topologySchema())}\n`);
      return EXIT.done;
    },
  );
