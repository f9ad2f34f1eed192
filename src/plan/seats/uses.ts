import type { AnyConnector } from "../../connectors/index.ts";
import { connectors } from "../../connectors/index.ts";
import type { ConnectorUse, Role, Topology } from "../../topology/topology.ts";

/** A connector that a role's engines have, with that role's fields as its schema reads them. */
export interface Use {
  readonly connector: AnyConnector;
  readonly key: "kv.transfer" | "kv.cache";
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Transfer first: where a role has both, the first connector that knows the tokens loads them. */
export function usesOf({ kv }: Topology, role: Role): readonly Use[] {
  const cached = kv.cache?.roles.includes(role) ? kv.cache : undefined;
  return [...use(kv.transfer, "kv.transfer", role), ...(cached ? use(cached, "kv.cache", role) : [])];
}

function use(choice: ConnectorUse, key: Use["key"], role: Role): readonly Use[] {
  const connector = connectors.get(choice.connector);
  if (connector === undefined) return []; // S05 has spoken
  const parsed = connector.fields.safeParse(choice.fields[role]);
  return [{ connector, key, fields: parsed.success ? parsed.data : choice.fields[role] }];
}
