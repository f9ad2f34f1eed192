import { UserError } from "../../../errors.ts";
import type { Plan, Service } from "../../../plan/plan.ts";
import type { Call } from "../../edge/call.ts";
import type { Sound } from "../../subject/sound.ts";
import type { PlanOptions } from "./index.ts";

/** The answers of `plan` that need no node: each is made from the one plan. */
type Asked = Call<PlanOptions>;

export async function whole(
  { options, streams: { out }, aim }: Asked,
  { plan, origins, diagnostics, capacity: sized }: Sound,
): Promise<void> {
  if (options.json === true) return out.raw(`${JSON.stringify(plan, null, 2)}\n`);
  const [{ planText }, { fitLines }] = await Promise.all([
    import("../../../report/plan/text.ts"),
    import("../../../report/plan/capacity.ts"),
  ]);
  const fits = sized === undefined ? [] : fitLines(sized);
  const engines = plan.services.filter(({ kind }) => kind === "engine");
  const own = engines.flatMap(({ id }) =>
    Object.entries(origins[id]?.env ?? {}).flatMap(([name, { from }]) => (from === "topology" ? [name] : [])),
  );
  out.lines(planText(plan, { own: [...new Set(own)], findings: diagnostics, fits, aim: aim.command }));
}

export async function written({ options, streams: { out }, aim }: Asked, { plan }: Sound, file: string): Promise<void> {
  const [{ writePlanFile }, { nextLines }] = await Promise.all([
    import("../../subject/plan-file.ts"),
    import("../../../report/text/next.ts"),
  ]);
  await writePlanFile(file, plan);
  if (options.json === true) return out.raw(`${JSON.stringify(plan, null, 2)}\n`);
  const state = plan.provisional ? ", provisional: up fills in what it waits for, and nothing else" : "";
  out.lines([
    `✔ plan ${plan.hash.slice(0, 8)} is in ${file}${state}`,
    ...nextLines([`pdctl up --plan ${file}`, aim.command(`pdctl plan --diff ${file}`)]),
  ]);
}

export async function explain(
  { options, streams: { out }, aim }: Asked,
  { plan, origins, writtenAt }: Sound,
  name: string,
): Promise<void> {
  const service = serviceOf(plan, name);
  if (options.json === true) return out.raw(`${JSON.stringify({ service, origins: origins[service.id] }, null, 2)}\n`);
  const { planExplain } = await import("../../../report/plan/explain.ts");
  const full = options.full === true;
  out.lines(planExplain({ plan, service, origins: origins[service.id], writtenAt, full, aim: aim.command }));
}

/** One service's script as it is; those of a node one behind the other, each under a line that is no part of it. */
export async function script({ options, streams: { out } }: Asked, { plan }: Sound, name: string): Promise<void> {
  const [{ launchScript }, { templates }] = await Promise.all([
    import("../../../render/index.ts"),
    import("../../run/run.ts"),
  ]);
  const template = (await templates())["launch/launch"] ?? "";
  const here = plan.services.filter(({ node }) => node === name);
  const services = here.length === 0 ? [serviceOf(plan, name)] : here;
  const scripts = services.map((service) => ({
    service: service.id,
    node: service.node,
    script: launchScript(service, plan, template),
  }));
  if (options.json === true)
    return out.raw(`${JSON.stringify({ schema: "pdctl.scripts/1", cluster: plan.cluster, scripts }, null, 2)}\n`);
  if (here.length === 0) return out.raw(scripts[0]?.script ?? "");
  for (const { service, node, script: text } of scripts)
    out.raw(`##### ${service} on ${node}, launch.sh #####\n${text}`);
}

export async function ports({ options, streams: { out } }: Asked, { plan }: Sound): Promise<void> {
  const { portMap } = await import("../../../plan/answers/firewall/port-map.ts");
  const map = portMap(plan);
  if (options.json === true)
    return out.raw(`${JSON.stringify({ schema: "pdctl.ports/1", cluster: plan.cluster, ports: map }, null, 2)}\n`);
  const { planPorts } = await import("../../../report/plan/ports.ts");
  out.lines(planPorts(plan, map));
}

export async function firewall(
  { options, streams: { out } }: Asked,
  { plan }: Sound,
  format: NonNullable<PlanOptions["firewall"]>,
): Promise<void> {
  const [{ passages }, { rulesets, rulesetsByNode }] = await Promise.all([
    import("../../../plan/answers/firewall/passages.ts"),
    import("../../../report/plan/firewall.ts"),
  ]);
  const all = passages(plan);
  if (options.json === true)
    return out.raw(
      `${JSON.stringify({ schema: "pdctl.firewall/1", cluster: plan.cluster, passages: all, ...(format !== "text" && { rulesets: Object.fromEntries(rulesetsByNode(plan, all, format)) }) }, null, 2)}\n`,
    );
  out.raw(rulesets(plan, all, format));
}

const PROMPTS = [1000, 8000, 32_000];

export async function capacity({ options, streams: { out } }: Asked, { plan, capacity: sized }: Sound): Promise<void> {
  if (sized === undefined)
    throw new UserError("usage", {
      what: `the config of ${plan.model.path} is not on this machine`,
      next: "pdctl plan --capacity --model-config FILE",
    });
  if (options.json === true)
    return out.raw(`${JSON.stringify({ schema: "pdctl.capacity/1", cluster: plan.cluster, ...sized }, null, 2)}\n`);
  const { planCapacity } = await import("../../../report/plan/capacity.ts");
  out.lines(planCapacity(sized, options.prompt ?? PROMPTS));
}

/** By its id, or an instance's name where it has one engine. */
function serviceOf({ services, nodes }: Plan, name: string): Service {
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
  const empty = nodes.some((node) => node.name === name)
    ? `nothing runs on ${name}`
    : `no service ${name} in ${services.length}${hint}`;
  throw new UserError("usage", { what: empty, next: "pdctl plan" });
}
