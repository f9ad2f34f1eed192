import type { PortSpan } from "../connectors/connector.ts";
import { claims as engineClaims } from "../engines/claims.ts";
import { type Layout, layout } from "../engines/layout.ts";
import type { Instance, Topology } from "../topology/topology.ts";
import { grantDevices } from "./devices.ts";
import { grantPorts, type PortClaim, type PortGrant } from "./ports.ts";
import { type Use, usesOf } from "./uses.ts";

/** A connector's span as an instance got it. */
export interface SpanGrant extends PortGrant {
  readonly use: Use;
  readonly span: PortSpan;
}

/** An instance with everything it claimed and got. */
export interface Granted {
  readonly instance: Instance;
  readonly layout: Layout;
  readonly uses: readonly Use[];
  /** Devices of each process, by its index. */
  readonly devices: readonly (readonly string[])[];
  /** First HTTP port on each node that answers. */
  readonly http: ReadonlyMap<string, PortGrant>;
  readonly rpc: PortGrant | undefined;
  readonly master: PortGrant | undefined;
  readonly spans: readonly SpanGrant[];
}

interface Claim extends PortClaim {
  readonly of?: { readonly use: Use; readonly span: PortSpan };
}

/** Devices and ports of all instances: prefill before decode, in file order; an instance that is added last moves nobody's. */
export function grant(topology: Topology): readonly Granted[] {
  const shapes = topology.instances.map((instance) => ({
    instance,
    layout: layout(instance),
    uses: usesOf(topology, instance.role),
  }));
  const ports = grantPorts(shapes.flatMap(portClaims));
  const pools = new Map(topology.nodes.map(({ name, devices }) => [name, devices]));
  const wanted = shapes.flatMap(({ instance, layout: { processes } }) =>
    processes.map((process) => ({
      node: process.node,
      count: process.devices,
      ...pinned(instance, processes, process),
    })),
  );
  const devices = grantDevices(wanted, pools);
  return shapes.map((shape, i) => {
    const before = shapes.slice(0, i).reduce((sum, { layout: { processes } }) => sum + processes.length, 0);
    const mine = ports.filter(({ owner }) => owner === shape.instance.id);
    const one = (name: string) => mine.find((claim) => claim.of === undefined && claim.name === name);
    return {
      ...shape,
      devices: devices.slice(before, before + shape.layout.processes.length),
      http: new Map(
        mine
          .filter((claim) => claim.of === undefined && claim.name === "http")
          .map((claim) => [claim.nodes[0] ?? "", claim]),
      ),
      rpc: one("rpc"),
      master: one("master"),
      spans: mine.flatMap(({ of, first, last }) => (of === undefined ? [] : [{ ...of, first, last }])),
    };
  });
}

function portClaims({
  instance,
  layout: shape,
  uses,
}: Pick<Granted, "instance" | "layout" | "uses">): readonly Claim[] {
  const owner = instance.id;
  return [
    ...engineClaims(instance, shape).map((claim) => ({ ...claim, owner })),
    ...uses.flatMap((use) =>
      use.connector.claims(instance, use.fields).map((span) => ({
        owner,
        name: span.name,
        base: instance.ports[span.key] ?? span.base,
        span: span.span,
        nodes: instance.nodes,
        of: { use, span },
      })),
    ),
  ];
}

/** Pinned devices are those of each node; its processes share them in order. */
function pinned({ devices }: Instance, all: Layout["processes"], process: Layout["processes"][number]) {
  if (devices === undefined) return {};
  const before = all
    .filter(({ node, index }) => node === process.node && index < process.index)
    .reduce((sum, each) => sum + each.devices, 0);
  return { pinned: devices.slice(before, before + process.devices) };
}
