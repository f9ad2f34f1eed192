import type { Draft } from "./engine/service.ts";
import type { Service } from "./plan.ts";

type Own = Pick<
  Service,
  "id" | "kind" | "node" | "argv" | "env" | "files" | "listens" | "ready" | "live" | "gauges" | "stop"
> &
  Partial<Pick<Service, "secrets">>;

/** A service that belongs to no instance: a process of its own group, without devices, ranks or a vendor's environment. */
export function loneService({
  id,
  kind,
  node,
  argv,
  env,
  secrets = [],
  files,
  listens,
  ready,
  live,
  gauges,
  stop,
}: Own): Draft["service"] {
  return {
    id,
    kind,
    role: null,
    instance: null,
    process: null,
    group: id,
    ranks: [],
    node,
    devices: [],
    runtime: { kind: "process" },
    vendor: [],
    prelude: null,
    argv,
    env,
    secrets,
    files,
    scratch: [],
    listens,
    reserves: listens.map(({ port, purpose }) => ({ first: port, last: port, owner: id, purpose })),
    ready,
    live,
    ...(gauges !== undefined && { gauges }),
    stop,
  };
}
