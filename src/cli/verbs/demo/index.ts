import type { Command } from "commander";
import { does } from "../../edge/call.ts";
import { helped } from "../../usage/help.ts";
import { common } from "../../usage/options.ts";

export const demo = (program: Command) =>
  does(
    helped(common(program.command("demo"), { document: false }), {
      sentence: "A cluster on this machine in 30 seconds: no SSH, no accelerator, nothing left afterwards.",
    }),
    async (call) => (await import("./steps.ts")).demonstrate(call),
  );
