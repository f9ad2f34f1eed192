import type { KvTarget } from "../../connectors/connector.ts";
import { spansOf, transferContext } from "../engine/engine-transfer.ts";
import { endpoint } from "../engine/ports.ts";
import { type EngineAsk, engineId, type Scene } from "../engine/service.ts";

/** Where the connector behind each endpoint is, as far as the bundled proxy has to know it beforehand: by url. */
export const kvTargets = (scene: Scene): ReadonlyMap<string, KvTarget> =>
  new Map(
    scene.granted.flatMap((grants) =>
      grants.layout.processes.flatMap((process) => {
        const seat = scene.seats.get(process.node);
        return seat ? entry({ scene, grants, process, seat, id: engineId(grants, process) }) : [];
      }),
    ),
  );

function entry(ask: EngineAsk): readonly (readonly [url: string, target: KvTarget])[] {
  const http = endpoint(ask);
  const use = ask.grants.uses.find(({ key }) => key === "kv.transfer");
  if (http === undefined || use?.connector.target === undefined) return [];
  const context = { ...transferContext(ask), fields: use.fields, grants: spansOf(ask.grants, use.key) };
  return [[`http://${ask.seat.ip}:${http}`, use.connector.target(context)]];
}
