import { ascendStore } from "./ascend-store/index.ts";
import type { Connector } from "./connector.ts";
import { example } from "./example/index.ts";
import { lmcache } from "./lmcache/index.ts";
import { mooncake } from "./mooncake/index.ts";
import { mooncakeAscend } from "./mooncake-ascend/index.ts";
import { mooncakeStore } from "./mooncake-store/index.ts";
import { moriio } from "./moriio/index.ts";
import { nixl } from "./nixl/index.ts";
import { offloading } from "./offloading/index.ts";
import { ucm } from "./ucm/index.ts";

/** By the name that `kv.transfer.connector` and `kv.cache.connector` take. Each reads its own fields only, checked by its schema before. */
export const connectors: ReadonlyMap<string, AnyConnector> = new Map<string, AnyConnector>([
  [nixl.name, nixl],
  [mooncake.name, mooncake],
  [mooncakeAscend.name, mooncakeAscend],
  [ucm.name, ucm],
  [lmcache.name, lmcache],
  [mooncakeStore.name, mooncakeStore],
  [ascendStore.name, ascendStore],
  [moriio.name, moriio],
  [offloading.name, offloading],
  [example.name, example],
]);

/** A connector whose fields and port names are its own business; `fields` parsed them. */
// biome-ignore lint/suspicious/noExplicitAny: the map holds connectors of any fields; each stays typed in itself
export type AnyConnector = Connector<any, any>;
