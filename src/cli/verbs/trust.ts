import { createInterface } from "node:readline/promises";
import type { Command } from "commander";
import type { NodeAddress, SeenKey } from "../../nodes/session.ts";
import { type Call, does } from "../edge/call.ts";
import { EXIT } from "../edge/exit-codes.ts";
import { helped } from "../usage/help.ts";
import { common } from "../usage/options.ts";

export const trust = (program: Command) =>
  does(
    helped(common(program.command("trust").argument("[topology]").argument("[nodes...]"), { document: false }), {
      sentence: "Look at the nodes' host keys once, compare, and keep them in known_hosts.",
      after: ["Examples", "  pdctl trust cluster.yaml", "  pdctl trust cluster.yaml n07", "Undo  ssh-keygen -R HOST"],
    }),
    async (call) => {
      const [{ knownCluster }, { expandRange }, { silently }] = await Promise.all([
        import("../subject/standing.ts"),
        import("../../topology/index.ts"),
        import("../run/silently.ts"),
      ]);
      const [topology, what] = await namedFirst(call);
      const { nodes } = await knownCluster(call, topology);
      const wanted = new Set(what.flatMap((range) => expandRange(range)));
      const unknown = [...wanted].find((name) => !nodes.some(({ node }) => node === name));
      if (unknown !== undefined) {
        const { UserError } = await import("../../errors.ts");
        throw new UserError("usage", { what: `no node is called ${unknown}`, next: "pdctl trust" });
      }
      const asked = nodes.filter(({ node }) => wanted.size === 0 || wanted.has(node));
      return silently(call, async ({ signal }) => {
        for (;;) {
          const round = await looked(call, asked, signal);
          if (round !== "again") return round;
        }
      });
    },
  );

/** The first word is the topology where it is a file or a cluster that is known here; all others are nodes. */
async function namedFirst({ args, env, places }: Call): Promise<readonly [string | undefined, readonly string[]]> {
  const words = args.filter((word) => word !== undefined);
  const [first, ...others] = words;
  if (first === undefined) return [undefined, words];
  const [{ knownClusters }, { isFile }, { stateHome }] = await Promise.all([
    import("../../cluster/index.ts"),
    import("../subject/place.ts"),
    import("../run/run.ts"),
  ]);
  const named =
    isFile(first) || (await knownClusters(stateHome(env, places.home))).some(({ cluster }) => cluster === first);
  return named ? [first, others] : [undefined, words];
}

/** One table and one question. @returns the exit code; `again` when bastions were kept and the nodes behind them come next */
async function looked(call: Call, nodes: readonly NodeAddress[], signal: AbortSignal): Promise<number | "again"> {
  const [{ lookAtHostKeys }, { trustTable, trustQuestion }, { UserError }] = await Promise.all([
    import("../../nodes/index.ts"),
    import("../../report/tables/trust-table.ts"),
    import("../../errors.ts"),
  ]);
  const { out, err } = call.streams;
  const found = [...(await lookAtHostKeys(nodes, {}, signal)).values()];
  signal.throwIfAborted();
  const keys = onceEach(found.flatMap((one) => (one instanceof Error ? [] : [one])));
  const failed = found.flatMap((one) => (one instanceof Error ? [one] : []));
  const bug = failed.find((error) => !(error instanceof UserError));
  if (bug !== undefined) throw bug;
  if (keys.length + failed.length === 0) {
    out.lines(["✔ no node is reached by SSH: there is no host key to keep"]);
    return EXIT.done;
  }
  out.lines(trustTable(keys));
  const fresh = keys.filter(({ standing }) => standing === "unknown");
  if (fresh.length > 0) {
    if (!(await agreed(call, trustQuestion(fresh.length), signal))) {
      err.lines(["✖ nothing was written", "  next    in CI: pin them as ssh.host_keys in the topology"]);
      return EXIT.login;
    }
    const files = new Set(fresh.map((key) => key.keep()));
    out.lines([`✔ ${fresh.length} written to ${[...files].join(", ")}`]);
    if (fresh.some(({ bastion }) => bastion)) return "again";
  }
  if (failed.length > 0) throw new AggregateError(failed);
  const changed = keys.filter(({ standing }) => standing === "changed");
  if (changed.length === 0) return EXIT.done;
  err.lines([
    `✖ ${changed.map(({ name }) => name).join(", ")}: another key than the known one; never taken by a yes`,
    "  next    if it was reinstalled: ssh-keygen -R HOST, then pdctl trust",
  ]);
  return EXIT.login;
}

/** A bastion is seen once for every node behind it. */
function onceEach(keys: readonly SeenKey[]): readonly SeenKey[] {
  return [...new Map(keys.map((key) => [`${key.name} ${key.address} ${key.fingerprint}`, key])).values()];
}

/** Only a person says yes; without one the answer is no. */
async function agreed({ streams: { out } }: Call, question: string, signal: AbortSignal): Promise<boolean> {
  if (process.stdin.isTTY !== true || !out.isTerminal) return false;
  const reader = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test((await reader.question(question, { signal })).trim());
  } finally {
    reader.close();
  }
}
