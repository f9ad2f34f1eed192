import { raised } from "../fatal.ts";
import type { KvConfig } from "../start/kv-config.ts";
import type { Connector, RankContext } from "./connector.ts";
import { ExampleConnector } from "./example.ts";
import { MooncakeAscend } from "./mooncake.ts";
import { MultiConnector } from "./multi.ts";
import { NixlConnector } from "./nixl.ts";
import { Layerwise } from "./sends/layerwise.ts";
import { MooncakeConnector } from "./sends/mooncake.ts";
import { Moriio } from "./sends/moriio.ts";
import { NixlPush } from "./sends/nixl-push.ts";
import { UcmConnector } from "./ucm.ts";

/** Connectors that only keep KV for later: playing them as a cache that never hits changes no answer. */
const neverHits = new Set(
  `OffloadingConnector SimpleCPUOffloadConnector RecomputeCPUOffloadConnector LMCacheConnectorV1 LMCacheMPConnector FlexKVConnectorV1
   AscendStoreConnector MooncakeConnectorStoreV1 MooncakeStoreConnector HF3FSKVConnector`.split(/\s+/),
);

export async function makeConnector(
  kv: KvConfig,
  context: RankContext,
  free: (blocks: readonly number[]) => void,
): Promise<Connector> {
  switch (kv.connector) {
    case "NixlConnector":
    case "NixlPullConnector":
      return new NixlConnector(context, kv, free);
    case "MooncakeConnectorV1":
    case "MooncakeHybridConnector":
      if (context.config.parallel.nodesOfEngine > 1) throw unplayed(`${kv.connector} over several nodes`);
      return new MooncakeAscend(context, kv, free);
    case "ExampleConnector":
      return new ExampleConnector(context, kv);
    case "UCMConnector":
      return UcmConnector.make(context, kv);
    case "MultiConnector":
      return new MultiConnector(await Promise.all(kv.inner.map((inner) => makeConnector(inner, context, free))));
    case "MooncakeConnector":
      return new MooncakeConnector(context, kv, free);
    case "NixlPushConnector":
      return new NixlPush(context, kv, free);
    case "MooncakeLayerwiseConnector":
      if (context.config.parallel.nodesOfEngine > 1) throw unplayed(`${kv.connector} over several nodes`);
      return new Layerwise(context, kv);
    case "MoRIIOConnector":
      return new Moriio(context, kv, free);
  }
  if (!neverHits.has(kv.connector)) throw unplayed(kv.connector);
  context.log.warning("kv_connector.py", `the stand-in plays ${kv.connector} as a cache that never hits`);
  return {
    open: async () => undefined,
    close: () => undefined,
    match: () => undefined,
    save: async () => undefined,
    finished: () => undefined,
  };
}

const unplayed = (what: string) => raised("NotImplementedError", `the stand-in engine does not play ${what}`);
