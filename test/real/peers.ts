import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { hosts, type Lab } from "../hosts/lab.ts";
import { type Ended, pdctl, topologies } from "../hosts/pdctl.ts";
import { referenceHosts } from "../hosts/reference-hosts.ts";
import { pythonHome } from "./place.ts";

const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "pdctl");

/** Where scripts/peers/install.sh puts what pdctl works with besides engines. */
export const places = {
  router: join(cache, "vllm-router"),
  mooncake: join(cache, "mooncake"),
  scripts: join(cache, "proxy-scripts"),
  clients: join(cache, "clients"),
} as const;
type Peer = keyof typeof places;

/** Why a test with this peer cannot run here; undefined: it can. */
export function lacks(...peers: readonly Peer[]): string | undefined {
  if (process.env.PDCTL_ISOLATED === undefined) return process.env.PDCTL_NO_HOSTS ?? "no test hosts";
  const missing = peers.find((peer) => !existsSync(join(places[peer], "pdctl-made")));
  return missing && `not in ${places[missing]}: scripts/peers/install.sh ${missing}`;
}

/** A reference topology on its own hosts and addresses, with stand-in engines and whatever is real beside them. */
export interface Peered extends AsyncDisposable {
  readonly lab: Lab;
  /** The verb with the words that make the engines stand-ins and the peer real. */
  pdctl(verb: string, ...options: readonly string[]): Promise<Ended>;
  /** What is left on any host, but for what engines keep in the user's store and torch for its next start. */
  leftovers(): readonly string[];
}

const kept = /\/mnt\/test1\b|\/tmp\/torchinductor_root$/;

export async function onReferenceHosts(
  topology: string,
  set: readonly string[],
  peers: readonly string[],
): Promise<Peered> {
  const file = join(topologies, `${topology}.yaml`);
  const { hosts: specs, options } = referenceHosts[`${topology}.yaml`] ?? { hosts: [], options: {} };
  const pythons = [...new Set(peers.map((peer) => pythonHome(peer)))].filter((path) => path !== "/usr");
  const lab = await hosts(specs, { ...options, borrowed: [...peers, ...pythons] });
  const words = ["engine.kind=sim", ...set].flatMap((one) => ["--set", one]);
  return {
    lab,
    pdctl: (verb, ...more) => pdctl([verb, file, ...words, ...more]),
    leftovers: () => lab.leftovers().filter((left) => !kept.test(left)),
    [Symbol.asyncDispose]: () => lab[Symbol.asyncDispose](),
  };
}
