import type { Command } from "commander";
import { does } from "../edge/call.ts";
import { EXIT } from "../edge/exit-codes.ts";
import { version } from "../edge/version.ts";
import { helped } from "../usage/help.ts";
import { common } from "../usage/options.ts";

export const versionVerb = (program: Command) =>
  does(
    helped(common(program.command("version")), { sentence: "What this pdctl is, for a report." }),
    async ({ options, streams: { out } }) => {
      const facts = { pdctl: version(), node: process.versions.node, platform: `${process.platform}-${process.arch}` };
      if (options.json === true) out.raw(`${JSON.stringify(facts)}\n`);
      else out.line(`pdctl ${facts.pdctl} · Node ${facts.node} · ${facts.platform}`);
      return EXIT.done;
    },
  );
