import type { Shared } from "../../connectors/connector.ts";
import type { TransferAsk } from "../../proxies/index.ts";
import type { Topology } from "../../topology/topology.ts";
import type { Seat } from "../seats/seats.ts";
import type { Draft } from "./service.ts";

/** What a proxy has to know of the connector to find the engines' own servers. */
export const transferAsk = (
  { kv }: Topology,
  shared: Shared | undefined,
  engines: readonly Draft[],
  seats: ReadonlyMap<string, Seat>,
): TransferAsk => ({
  connector: kv.transfer.connector,
  bootstraps: new Map(engines.flatMap((draft) => bootstrap(draft, seats))),
  ...(shared?.discovery !== undefined && { discovery: shared.discovery }),
});

/** An endpoint, and the port at which the engine behind it keeps a bootstrap server. */
function bootstrap({ service }: Draft, seats: ReadonlyMap<string, Seat>): readonly (readonly [string, number])[] {
  const port = (purpose: string) => service.listens.find((each) => each.purpose === purpose)?.port;
  const [http, own] = [port("http"), port("bootstrap")];
  const ip = seats.get(service.node)?.ip ?? service.node;
  return http === undefined || own === undefined ? [] : [[`http://${ip}:${http}`, own]];
}
