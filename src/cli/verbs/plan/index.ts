import { type Command, Option } from "commander";
import { UserError } from "../../../errors.ts";
import { type Call, does } from "../../edge/call.ts";
import { EXIT } from "../../edge/exit-codes.ts";
import type { Sound } from "../../subject/sound.ts";
import { helped } from "../../usage/help.ts";
import { common, whole } from "../../usage/options.ts";

export interface PlanOptions {
  readonly output?: string;
  readonly diff?: string;
  readonly rehearse?: true;
  readonly explain?: string;
  readonly script?: string;
  readonly ports?: true;
  readonly firewall?: "nft" | "iptables" | "text";
  readonly capacity?: true;
  readonly modelConfig?: string;
  readonly prompt?: readonly number[];
  readonly full?: true;
  readonly changes?: true;
}

/** One answer at a time; `-o` goes with the plan itself and with `--changes`. */
const ANSWERS = ["explain", "script", "diff", "ports", "firewall", "capacity", "changes"] as const;

export const plan = (program: Command) =>
  does<PlanOptions>(
    helped(
      common(program.command("plan").argument("[topology]"))
        .option("-o, --output <FILE>", "write the plan; pdctl up --plan FILE runs exactly that")
        .option("--explain <ID>", "every value of one service, and where it comes from")
        .option("--script <ID|NODE>", "the launch script of a service, or all of a node, byte for byte")
        .option("--diff <OTHER>", "what separates it from another plan file or topology")
        .option("--ports", "every port of every node, and who draws from which range")
        .addOption(
          new Option("--firewall <nft|iptables|text>", "which node must reach which port on which node").choices([
            "nft",
            "iptables",
            "text",
          ]),
        )
        .option("--capacity", "does the model fit, and how long does a prompt take to move")
        .option("--model-config <FILE>", "the model's config.json, where this machine has none at model.path")
        .option("--prompt <TOKENS...>", "with --capacity: prompts of these lengths", tokens)
        .option("--full", "with --explain, --diff: cut nothing, fold nothing")
        .option("--rehearse", "the plan of a rehearsal: stand-in engines")
        .option("--changes", "ask the nodes once, and show what up would do"),
      {
        sentence: "Show every process, argument, port and device, before any node is touched.",
      },
    ),
    async (call) => {
      const asked = ANSWERS.filter((name) => call.options[name] !== undefined);
      const output = call.options.output !== undefined && asked.some((name) => name !== "changes") ? ["output"] : [];
      const [first, second] = [...output, ...asked];
      if (first !== undefined && second !== undefined && (asked.length > 1 || output.length > 0))
        throw new UserError("usage", { what: `--${first} and --${second} are two answers`, next: "pdctl plan --help" });
      const { onSound } = await import("../../subject/sound.ts");
      const rehearse = call.options.rehearse === true;
      return onSound(call, { argument: call.args[0], rehearse, modelConfig: call.options.modelConfig }, (sound) =>
        show(call, sound),
      );
    },
  );

const tokens = (value: string, before: readonly number[] = []): readonly number[] => [...before, whole(value)];

async function show(call: Call<PlanOptions>, sound: Sound): Promise<number> {
  const { changes, script, explain, diff, ports, firewall, capacity, output } = call.options;
  if (changes === true) await (await import("./changes.ts")).planChanges(call, sound);
  else if (diff !== undefined) return (await import("./diff.ts")).planDiffs(call, sound, diff);
  else {
    const views = await import("./views.ts");
    if (script !== undefined) await views.script(call, sound, script);
    else if (explain !== undefined) await views.explain(call, sound, explain);
    else if (ports === true) await views.ports(call, sound);
    else if (firewall !== undefined) await views.firewall(call, sound, firewall);
    else if (capacity === true) await views.capacity(call, sound);
    else if (output !== undefined) await views.written(call, sound, output);
    else await views.whole(call, sound);
  }
  return EXIT.done;
}
