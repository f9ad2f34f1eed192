import type { Command } from "commander";
import { UserError } from "../../errors.ts";
import { type Call, does } from "../edge/call.ts";
import { EXIT } from "../edge/exit-codes.ts";
import { helped } from "../usage/help.ts";
import { common, FIVE_MINUTES, list, milliseconds } from "../usage/options.ts";

interface Options {
  readonly nodes: readonly string[];
  readonly group?: true;
  readonly timeout: number;
}

export const exec = (program: Command) =>
  does<Options>(
    helped(
      common(program.command("exec").argument("[topology]").argument("[-- command...]"), { standing: true })
        .option("--nodes <NODES>", "these nodes only", list, [])
        .option("-g, --group", "wait for all, and show equal outputs once")
        .option("--timeout <DURATION>", "limit on each node (5m)", milliseconds, FIVE_MINUTES),
      {
        sentence: "Run a command on all nodes at once.",
        after: [
          "Examples",
          "  pdctl exec -- uname -r",
          "  pdctl exec --nodes 'a2-[1-2]' -g -- 'npu-smi info | head -20'      one word is shell text",
        ],
      },
    ),
    async (call) => {
      const [{ knownCluster }, cluster, { silently }, { expandRange }, texts] = await Promise.all([
        import("../subject/standing.ts"),
        import("../../cluster/index.ts"),
        import("../run/silently.ts"),
        import("../../topology/index.ts"),
        import("../../report/text/exec-text.ts"),
      ]);
      const { options, streams } = call;
      const { before, argv } = parted(call);
      const known = await knownCluster(call, before[0]);
      const nodes = options.nodes.flatMap((range) => expandRange(range));
      const gathers = options.group === true || options.json === true;
      const heard = new Map<string, { stream: "stdout" | "stderr"; line: string }[]>();
      const alone = (nodes.length || known.nodes.length) === 1;
      const hear = (node: string, stream: "stdout" | "stderr", line: string) => {
        if (gathers) heard.set(node, [...(heard.get(node) ?? []), { stream, line }]);
        else show(call, alone ? "" : `${node} │ `, stream, line);
      };
      const began = performance.now();
      const ended = await silently(call, (run) =>
        cluster.exec(known, { nodes, argv, limitMs: options.timeout }, hear, run),
      );
      const seconds = (performance.now() - began) / 1000;
      const exit = exitOf(ended);
      const said = (node: string) => heard.get(node) ?? [];
      if (options.json === true) {
        const of = (node: string, stream: string) =>
          said(node).flatMap((one) => (one.stream === stream ? [one.line] : []));
        const rows = ended.map((one) => ({ ...one, stdout: of(one.node, "stdout"), stderr: of(one.node, "stderr") }));
        const document = { schema: "pdctl.exec/1", cluster: known.cluster, command: argv, nodes: rows, exit };
        streams.out.raw(`${JSON.stringify(document, null, 2)}\n`);
        return exit;
      }
      const rows = ended.map((one) => ({ ...one, lines: said(one.node).map(({ line }) => line) }));
      if (options.group === true) streams.out.lines(texts.groupedLines(rows));
      if (options.quiet !== true || exit !== 0) streams.err.lines(texts.execClosing(rows, seconds, exit));
      return exit;
    },
  );

/** What stands before `--` is pdctl's, what stands behind it is the command. */
function parted({ args }: Call): { before: readonly string[]; argv: readonly string[] } {
  const words = args.filter((word) => word !== undefined);
  const at = process.argv.indexOf("--");
  const argv = at < 0 ? [] : process.argv.slice(at + 1);
  const before = words.slice(0, words.length - argv.length);
  if (argv.length === 0)
    throw new UserError("usage", { what: "no command: it stands behind --", next: "pdctl exec -- uname -r" });
  if (before.length > 1)
    throw new UserError("usage", { what: `${before[1]}: a command stands behind --`, next: "pdctl exec -- uname -r" });
  return { before, argv };
}

/** A command's line as it is, but for secrets. */
function show({ streams: { out, err } }: Call, head: string, stream: "stdout" | "stderr", line: string): void {
  const channel = stream === "stdout" ? out : err;
  channel.raw(`${head === "" ? "" : channel.ink().line(head)}${line}\n`);
}

function exitOf(ended: readonly { readonly exit: number | null }[]): number {
  if (ended.some(({ exit }) => exit !== null && exit !== 0)) return EXIT.failed;
  return ended.some(({ exit }) => exit === null) ? EXIT.partial : EXIT.done;
}
