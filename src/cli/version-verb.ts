import type { Command } from "commander";
import { does } from "./call.ts";
import { EXIT } from "./exit-codes.ts";
import { helped } from "./help.ts";
import { common } from "./options.ts";
import { version } from "./version.ts";

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
