import { hardware as allHardware } from "../../hardware/index.ts";
import { firstNames } from "../../topology/first.ts";
import type { Json } from "../../topology/topology.ts";
import type { Engine } from "../commands/engine.ts";
import type { Spot, Voice } from "../remark.ts";
import type { Given, GivenNode, Placed } from "../setup.ts";

/** Machines of a source by what it calls them, and the nodes that they become. */
export class Machines {
  private readonly given: readonly GivenNode[];
  private readonly found = new Map<string, { host: string; at: Spot }>();
  constructor({ nodes }: Given) {
    this.given = nodes;
  }

  /** Name of the node for an address or a name in the source. */
  node(machine: string, at: Spot): string {
    const local = /^(localhost|127\.0\.0\.1|0\.0\.0\.0)$/.test(machine);
    const only = this.given.length === 1 ? this.given[0]?.name : undefined;
    const named =
      this.given.find(({ name, host }) => name === machine || host === machine)?.name ?? (local ? only : undefined);
    if (named !== undefined) return named;
    const name = local
      ? "here"
      : (firstNames([machine]).find((each) => each !== "n0") ??
        `n-${machine.replaceAll(/[^a-z0-9]+/gi, "-").toLowerCase()}`.replace(/-+$/, ""));
    if (!this.found.has(name)) this.found.set(name, { host: local ? "local" : machine, at });
    return name;
  }

  /** All nodes as the topology has them, with the devices that its engines need. */
  list(placed: readonly Placed[], others: readonly string[], voice: Voice): readonly Json[] {
    const known = [
      ...this.given.map((node) => ({ ...node, at: undefined })),
      ...[...this.found].map(([name, { host, at }]) => ({ name, host, at })),
    ];
    return known.map((node: GivenNode & { readonly at: Spot | undefined }) => {
      const own = placed.filter((engine) => engine.node === node.name);
      const at = own[0]?.at ?? node.at ?? { file: "", line: 0 };
      if (node.host.startsWith("⟨"))
        voice.missing(
          at,
          node.host.slice(1, -1),
          `the text leaves this machine open: --value ${node.host.slice(1, -1)}=ADDRESS`,
        );
      const hardware =
        own.length === 0 && others.includes(node.name)
          ? (node.hardware ?? "none")
          : (node.hardware ?? hardwareOf(own, at, voice));
      const nic =
        node.nic ?? own.map((engine) => engine.nic?.value).find((each) => each !== undefined && !/[⟨$]/.test(each));
      const devices = node.devices ?? (hardware === "none" ? undefined : devicesOf(own));
      const usual = allHardware.get(hardware)?.devices;
      return {
        name: node.name,
        ...(node.host !== node.name && { host: node.host }),
        ...(nic !== undefined && { nic }),
        hardware,
        ...(devices !== undefined && devices !== usual && { devices }),
      };
    });
  }
}

function hardwareOf(own: readonly Engine[], at: Spot, voice: Voice): string {
  const said = own.map(({ hardware }) => hardware).find((each) => each !== undefined);
  if (said !== undefined) return said;
  voice.changed(
    at,
    "hardware",
    "nothing says which accelerator it is: cuda is taken; --node NAME=HOST,hardware=… says it",
  );
  return "cuda";
}

/** As many as its engines need, or as the highest id that one of them names. */
function devicesOf(own: readonly Placed[]): number {
  const needed = own.reduce((sum, engine) => sum + width(engine), 0);
  const highest = Math.max(
    -1,
    ...own
      .flatMap(({ devices }) => devices?.value ?? [])
      .map(Number)
      .filter(Number.isInteger),
  );
  return Math.max(1, needed, highest + 1);
}

/** Devices of one process of the source on its machine. */
export const width = ({ group: { tp, pp, pcp, nnodes, dp, dpLocal, rank } }: Engine): number =>
  ((tp * pp * pcp) / nnodes) * (rank !== undefined ? 1 : (dpLocal ?? (nnodes > 1 ? 1 : dp)));
