import { type Command, Option } from "commander";
import { UserError } from "../errors.ts";
import type { Facts } from "../facts/facts.ts";
import type { Plan, Service } from "../plan/plan.ts";
import { type Call, does } from "./call.ts";
import { EXIT } from "./exit-codes.ts";
import { helped } from "./help.ts";
import { common } from "./options.ts";
import type { Sound } from "./sound.ts";

interface Options {
  readonly rehearse?: true;
  readonly explain?: string;
  readonly script?: string;
  readonly full?: true;
  readonly changes?: true;
}

export const plan = (program: Command) =>
  does<Options>(
    helped(
      common(program.command("plan").argument("[topology]"))
        .option("--explain <ID>", "every value of one service, and where it comes from")
        .option("--script <ID>", "its launch script, byte for byte")
        .option("--full", "with --explain: cut nothing, fold nothing")
        .option("--rehearse", "the plan of a rehearsal: stand-in engines")
        .addOption(
          new Option("--changes", "ask the nodes once, and show what up would do").conflicts(["explain", "script"]),
        ),
      {
        sentence: "Show every process, argument, port and device, before any node is touched.",
        after: ["Exit  0 sound, 3 topology; with --changes also 4 login"],
      },
    ),
    async (call) => {
      const { onSound } = await import("./sound.ts");
      const rehearse = call.options.rehearse === true;
      return onSound(call, { argument: call.args[0], rehearse }, (sound) => show(call, sound));
    },
  );

async function show(call: Call<Options>, sound: Sound): Promise<number> {
  const { options } = call;
  if (options.changes === true) await changes(call, sound);
  else if (options.script !== undefined) await script(call, sound.plan, serviceOf(sound.plan, options.script));
  else if (options.explain !== undefined) await explain(call, sound, serviceOf(sound.plan, options.explain));
  else await whole(call, sound);
  return EXIT.done;
}

async function whole(
  { options, streams: { out }, aim }: Call<Options>,
  { plan, origins, diagnostics }: Sound,
): Promise<void> {
  if (options.json === true) return out.raw(`${JSON.stringify(plan, null, 2)}\n`);
  const { planText } = await import("../report/plan-text.ts");
  const engines = plan.services.filter(({ kind }) => kind === "engine");
  const own = engines.flatMap(({ id }) =>
    Object.entries(origins[id]?.env ?? {}).flatMap(([name, { from }]) => (from === "topology" ? [name] : [])),
  );
  out.lines(planText(plan, { own: [...new Set(own)], findings: diagnostics, aim: aim.command }));
}

async function explain(
  { options, streams: { out }, aim }: Call<Options>,
  { plan, origins, writtenAt }: Sound,
  service: Service,
): Promise<void> {
  if (options.json === true) return out.raw(`${JSON.stringify({ service, origins: origins[service.id] }, null, 2)}\n`);
  const { planExplain } = await import("../report/plan-explain.ts");
  const full = options.full === true;
  out.lines(planExplain({ plan, service, origins: origins[service.id], writtenAt, full, aim: aim.command }));
}

async function script({ streams: { out } }: Call<Options>, plan: Plan, service: Service): Promise<void> {
  const [{ launchScript }, { templates }] = await Promise.all([import("../render/index.ts"), import("./run.ts")]);
  out.raw(launchScript(service, plan, (await templates())["launch/launch"] ?? ""));
}

async function changes(call: Call<Options>, sound: Sound): Promise<void> {
  const {
    options,
    streams: { out },
  } = call;
  const [cluster, { changesText }, { duration }, { silently }] = await Promise.all([
    import("../cluster/index.ts"),
    import("../report/changes-text.ts"),
    import("../words/numbers.ts"),
    import("./silently.ts"),
  ]);
  const { plan } = await import("../plan/index.ts");
  const rehearse = options.rehearse === true;
  const began = performance.now();
  const { topology, file } = sound;
  const ask = { topology, file, plan: (facts: readonly Facts[]) => plan(topology, facts, { rehearse }) };
  const seen = await silently(call, (run) => cluster.changes(ask, run));
  if (options.json === true)
    return out.raw(`${JSON.stringify({ schema: "pdctl.changes/1", cluster: sound.plan.cluster, ...seen }, null, 2)}\n`);
  const seconds = duration((performance.now() - began) / 1000);
  const command = call.aim.command(rehearse ? "pdctl up --rehearse" : "pdctl up");
  out.lines(changesText(seen.changes, { ...seen, cluster: sound.plan.cluster, seconds, command }));
}

/** By its id, or an instance's name where it has one engine. */
function serviceOf({ services }: Plan, name: string): Service {
  const exact = services.find(({ id }) => id === name);
  const members = services.filter(({ group, kind }) => kind === "engine" && group === name);
  const service = exact ?? (members.length === 1 ? members[0] : undefined);
  if (service !== undefined) return service;
  const near = members.length > 1 ? members : services.filter(({ id }) => id.startsWith(name.split("-")[0] ?? name));
  const hint =
    near.length === 0
      ? ""
      : `; did you mean ${near
          .slice(0, 3)
          .map(({ id }) => id)
          .join(", ")}?`;
  throw new UserError("usage", { what: `no service ${name} in ${services.length}${hint}`, next: "pdctl plan" });
}
