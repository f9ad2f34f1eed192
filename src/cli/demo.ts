import type { Command } from "commander";
import { does } from "./call.ts";
import { helped } from "./help.ts";
import { common } from "./options.ts";

export const demo = (program: Command) =>
  does(
    helped(common(program.command("demo"), { document: false }), {
      sentence: "A cluster on this machine in 30 seconds: no SSH, no accelerator, nothing left afterwards.",
    }),
    async (call) => (await import("./demo-steps.ts")).demonstrate(call),
  );
