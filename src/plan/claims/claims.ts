import type { PortSpan } from "../../connectors/connector.ts";
import { claims as engineClaims } from "../../engines/claims.ts";
import { type Layout, layout } from "../../engines/layout.ts";
import { grouped } from "../../once.ts";
import type { Instance, Topology } from "../../topology/topology.ts";
import { type Use, usesOf } from "../seats/uses.ts";
import { bounded } from "./bounds.ts";
import { type DeviceClaim, grantDevices } from "./devices.ts";
import { grantPorts, type PortClaim, type PortGrant } from "./ports.ts";

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
  readonly kvEvents: PortGrant | undefined;
  /** The ports from which the processes of a node draw at random. */
  readonly blocks: ReadonlyMap<string, PortGrant>;
  readonly rpc: PortGrant | undefined;
  readonly master: PortGrant | undefined;
  readonly spans: readonly SpanGrant[];
}

interface Claim extends PortClaim {
  /** Position of the instance that claims. */
  readonly instance: number;
  readonly of?: { readonly use: Use; readonly span: PortSpan };
}

type Shape = Pick<Granted, "instance" | "layout" | "uses">;

/** Devices and ports of all instances: prefill before decode, in file order; an instance that is added last moves nobody's. */
export function grant(topology: Topology): readonly Granted[] {
  const shapes = topology.instances.map(bounded).map((instance) => ({
    instance,
    layout: layout(instance),
    uses: usesOf(topology, instance.role),
  }));
  const ports = grouped(grantPorts(shapes.flatMap(portClaims)), ({ instance }) => instance);
  const devices = grantDevices(
    shapes.flatMap(deviceClaims),
    new Map(topology.nodes.map((node) => [node.name, node.devices])),
  );
  const firsts = running(shapes.map(({ layout: { processes } }) => processes.length));
  return shapes.map((shape, i) => {
    const mine = ports.get(i) ?? [];
    const own = mine.filter(({ of }) => of === undefined);
    const first = firsts[i] ?? 0;
    return {
      ...shape,
      devices: devices.slice(first, first + shape.layout.processes.length),
      http: onNodes("http", own),
      kvEvents: own.find(({ name }) => name === "kv_events"),
      blocks: onNodes("block", own),
      rpc: own.find(({ name }) => name === "rpc"),
      master: own.find(({ name }) => name === "master"),
      spans: mine.flatMap(({ of, first: from, last }) => (of === undefined ? [] : [{ ...of, first: from, last }])),
    };
  });
}

const onNodes = (purpose: string, own: readonly (Claim & PortGrant)[]): ReadonlyMap<string, PortGrant> =>
  new Map(own.filter(({ name }) => name === purpose).map((claim) => [claim.nodes[0] ?? "", claim]));

function portClaims({ instance, layout: shape, uses }: Shape, index: number): readonly Claim[] {
  return [
    ...engineClaims(instance, shape).map((claim) => ({ ...claim, instance: index })),
    ...uses.flatMap((use) =>
      use.connector.claims(instance, use.fields).map((span) => ({
        instance: index,
        name: span.name,
        base: instance.ports[span.key] ?? span.base,
        span: span.span,
        nodes: instance.nodes,
        of: { use, span },
      })),
    ),
  ];
}

const deviceClaims = ({ instance, layout: { processes } }: Shape): readonly DeviceClaim[] =>
  processes.map((process) => ({ node: process.node, count: process.devices, ...pinned(instance, processes, process) }));

/** Sums of all before each. */
function running(lengths: readonly number[]): readonly number[] {
  let sum = 0;
  return lengths.map((length) => {
    sum += length;
    return sum - length;
  });
}

/** Pinned devices are those of each node; its processes share them in order. */
function pinned({ devices }: Instance, all: Layout["processes"], process: Layout["processes"][number]) {
  if (devices === undefined) return {};
  const before = all
    .filter(({ node, index }) => node === process.node && index < process.index)
    .reduce((sum, each) => sum + each.devices, 0);
  return { pinned: devices.slice(before, before + process.devices) };
}
