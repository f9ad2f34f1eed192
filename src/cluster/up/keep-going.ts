import type { Plan, Service } from "../../plan/plan.ts";
import { launchScript } from "../../render/index.ts";
import { type Kept, keep } from "../../supervise/index.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { Run } from "../run/run.ts";
import { stateDirOf } from "../standing/look.ts";
import type { Standing } from "../standing/standing.ts";
import { specOf } from "../wave/spec.ts";
import type { Ascent } from "../wave/wave.ts";

/** Hands the plan's restart policy to the nodes; where there was one and is none any more, takes it back. */
export async function keepGoing(ascent: Ascent, before: Standing, fleet: Fleet, run: Run): Promise<void> {
  const { plan, secrets } = ascent.launch;
  const had = before.services.some(({ spec }) => spec.note["restart"] === true);
  if (plan.restart === undefined && !had) return;
  const { max, windowMs } = plan.restart ?? { max: 0, windowMs: 0 };
  await ascent.sure();
  await fleet.all(
    (session, node) => {
      const mine = plan.restart === undefined ? [] : plan.services.filter((one) => one.node === node);
      const groups = [...new Set(mine.map(({ group }) => group))].map((group): Kept => {
        const services = mine.filter((one) => one.group === group);
        return {
          group,
          members: plan.services
            .filter((one) => one.group === group && one.node !== node)
            .flatMap((one) => addressOf(one, plan)),
          services: services.map((service) => ({
            spec: specOf(service, plan, ascent.scene.generations.get(service.id) ?? ascent.launch.generation),
            launch: launchScript(service, plan, run.templates["launch/launch"] ?? ""),
            secrets: Object.fromEntries(service.secrets.map((name) => [name, secrets[name] ?? ""])),
          })),
        };
      });
      const ask = { stateDir: stateDirOf(ascent.known, node), cluster: plan.cluster, groups, max, windowMs };
      return keep(session, ask, fleet.scripts, run.signal);
    },
    plan.nodes.map(({ name }) => name),
  );
}

/** A port on which it listens as long as it lives; none: it cannot be seen from elsewhere. */
function addressOf({ node, listens }: Service, { nodes }: Plan): readonly { host: string; port: number }[] {
  const ip = nodes.find(({ name }) => name === node)?.ip;
  const [lasting] = listens.filter(({ transient }) => transient !== true);
  return ip === undefined || lasting === undefined ? [] : [{ host: ip, port: lasting.port }];
}
