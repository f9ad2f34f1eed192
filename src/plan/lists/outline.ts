import type { Granted } from "../claims/claims.ts";
import type { PlanInstance, PlanNode } from "../plan.ts";
import type { Seat } from "../seats/seats.ts";

/** An instance as people see it: where, how many, how wide. */
export function planInstance({ instance, layout, devices }: Granted): PlanInstance {
  const { tp, pp, pcp, dcp, dp } = instance.engine.parallel;
  return {
    id: instance.id,
    role: instance.role,
    nodes: instance.nodes,
    engines: layout.processes.map(({ index }) => `${instance.id}-${index}`),
    devices: devices.reduce((sum, ids) => sum + ids.length, 0),
    parallel: { tp, pp, pcp, dcp, dp, dpLocal: layout.dpLocal },
    lb: layout.lb,
  };
}

export const planNode = (seat: Seat | undefined, asks: PlanNode["asks"]): readonly PlanNode[] =>
  seat === undefined
    ? []
    : [
        {
          name: seat.node.name,
          host: seat.node.host,
          ip: seat.ip,
          nic: seat.nic.startsWith("<fact:") ? null : seat.nic,
          hardware: seat.node.hardware,
          devices: seat.node.devices,
          ssh: seat.node.ssh,
          stateDir: seat.stateDir,
          ...(asks && { asks }),
        },
      ];
