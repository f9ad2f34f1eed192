import { UserError } from "../../errors.ts";
import type { NodeAddress } from "../../nodes/session.ts";
import { type FoundState, find } from "../../supervise/index.ts";
import { Fleet } from "../fleet/fleet.ts";
import { NodeErrors } from "../run/node-errors.ts";
import type { Run } from "../run/run.ts";
import type { Known } from "./standing.ts";

/** A cluster as one of its nodes knows it: with that node's login, no topology and no index is needed. */
export async function findCluster(
  { cluster, host }: { readonly cluster: string | undefined; readonly host: string },
  run: Run,
): Promise<Known> {
  const address = addressOf(host);
  const fleet = new Fleet([address], run);
  try {
    await fleet.open();
    if (fleet.failed.length > 0) throw new NodeErrors(fleet.failed, 1);
    const all = await find(fleet.session(address.node), fleet.scripts, run.signal);
    const names = [...new Set(all.map(({ state }) => state.cluster))].sort((a, b) => a.localeCompare(b));
    const name = cluster ?? (names.length === 1 ? names[0] : undefined);
    if (name === undefined && names.length > 1) throw new UserError("cluster.unnamed", { known: names });
    const mine = all.filter(({ state }) => state.cluster === name);
    const [newest] = mine.toSorted(
      (a, b) => b.state.generation - a.state.generation || Number(b.here) - Number(a.here),
    );
    if (newest === undefined) throw new UserError("cluster.absent", { cluster: name ?? null, host, known: names });
    return knownFrom(newest, mine, address);
  } finally {
    await fleet.close();
  }
}

/** The way to the asked node is the one that has just worked; the others are reached as the launcher that wrote them down did. */
function knownFrom({ stateDir, state }: FoundState, mine: readonly FoundState[], address: NodeAddress): Known {
  const here = mine.find((one) => one.here) ?? { stateDir, state };
  const asked = here.stateDir.split("/").at(-1) ?? "";
  const listed = state.nodes ?? [{ node: asked, host: address.host, ip: "", stateDir: here.stateDir, ssh: {} }];
  const self = listed.find(({ node }) => node === asked);
  const same = (host: string) => host === self?.host || (host === "local" && self?.host === "local");
  return {
    cluster: state.cluster,
    file: null,
    nodes: listed.map((one) => (same(one.host) ? { ...one, host: address.host, ssh: address.ssh } : one)),
  };
}

/** `host`, `user@host`, `user@host:port`; what is not said comes from the user's ssh_config. */
function addressOf(text: string): NodeAddress {
  const [, user, host = text, port] = /^(?:([^@]+)@)?([^:]+)(?::(\d+))?$/.exec(text) ?? [];
  const ssh = { ...(user !== undefined && { user }), ...(port !== undefined && { port: Number(port) }) };
  return { node: host, host, ssh };
}
