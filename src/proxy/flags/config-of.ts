import type { ProxyConfig, Role } from "../config.ts";
import { checkConfig } from "../read-config.ts";
import type { Key } from "../settings/setting.ts";
import type { Draft } from "./draft.ts";

export interface ConfigFile {
  readonly name: string;
  readonly value: unknown;
}

export type Made =
  | { readonly config: ProxyConfig; readonly notes: readonly string[] }
  | { readonly faults: readonly string[] };

const ROLES = ["prefill", "decode"] as const;

/**
 * The config that a file and flags make together: a flag takes the place of the file's key, and the endpoints of a role that flags name
 * take the place of all that the file has for it. @returns the config, or everything that is wrong with it
 */
export function configOf(draft: Draft, file: ConfigFile | undefined): Made {
  return file === undefined ? byFlags(draft) : overFile(draft, file);
}

function byFlags(draft: Draft): Made {
  const lacks = ROLES.filter((role) => draft.endpoints[role].length === 0);
  if (lacks.length > 0)
    return { faults: [`no engines: ${lacks.map((role) => `--${role} URL`).join(" and ")}, or --config FILE`] };
  const told = draft.keys.get("family") ?? draft.implied?.family;
  const family = told ?? "relay";
  const value = { family, ...(family === "relay" && BY_ITSELF), ...Object.fromEntries(draft.keys) };
  const targets = ROLES.flatMap((role) => targetsOf(draft, role, family));
  const notes = [...(told === undefined ? [ASSUMED] : []), ...idleBootstraps(draft, family), ...loopback(draft)];
  return checked({ ...value, targets }, { prefix: "", notes });
}

/** One engine may well be both; more often a port was not changed where a line was copied. */
const inBoth = ({ targets }: ProxyConfig): readonly string[] =>
  targets
    .filter(
      ({ role, url }) => role === "decode" && targets.some((other) => other.role === "prefill" && other.url === url),
    )
    .map(({ url }) => `${url} is a prefill and a decode endpoint: it sends its KV to itself`);

const ASSUMED =
  "family relay, as no flag says otherwise: for engines over UCM, LMCache or another store write --family shared-store";

/** Without a plan nobody knows the connector's numbers; these do no harm to any. Source: proxy-protocols.md §3.0, §G.8 */
const BY_ITSELF = { kv_hold_seconds: 480, length_capped: true } satisfies { [K in Key]?: unknown };

function overFile(draft: Draft, { name, value }: ConfigFile): Made {
  const prefix = `${name}: `;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return checked(value, { prefix, notes: [] });
  const implied = draft.implied === undefined ? {} : { family: draft.implied.family };
  const merged = { ...value, ...implied, ...Object.fromEntries(draft.keys) };
  const family: unknown = "family" in merged ? merged.family : undefined;
  const notes = [...idleBootstraps(draft, family), ...loopback(draft)];
  const written: unknown = "targets" in value ? value.targets : [];
  const named = ROLES.filter((role) => draft.endpoints[role].length > 0);
  if (named.length === 0 || !Array.isArray(written)) return checked(merged, { prefix, notes });
  const kept = written.filter((target: unknown) => !named.some((role) => isOf(role, target)));
  const targets = [...kept, ...named.flatMap((role) => targetsOf(draft, role, family))];
  return checked({ ...merged, targets }, { prefix, notes });
}

const isOf = (role: Role, target: unknown) =>
  typeof target === "object" && target !== null && "role" in target && target.role === role;

const targetsOf = ({ endpoints, slots }: Draft, role: Role, family: unknown) =>
  endpoints[role].map(({ url, bootstrap }) => ({
    url,
    role,
    slots,
    ...(bootstrap !== undefined && family === "mooncake" && { bootstrap_url: withPort(url, bootstrap) }),
  }));

/** The server of an endpoint's own host. */
const withPort = (url: string, port: string) => `http://${new URL(url).hostname}:${port}`;

const idleBootstraps = ({ endpoints: { prefill } }: Draft, family: unknown): readonly string[] =>
  family === "mooncake"
    ? []
    : prefill.flatMap(({ url, bootstrap }) =>
        bootstrap === undefined
          ? []
          : [`--prefill ${url} ${bootstrap}: the port changes nothing without --family mooncake`],
      );

/** The scripts' documents write it, and their users wonder. Source: proxy-protocols.md §0.4 */
function loopback({ keys }: Draft): readonly string[] {
  const bind = keys.get("bind");
  const isOwn = typeof bind === "string" && /^(localhost|127\.[\d.]+|::1)$/.test(bind);
  return isOwn ? [`--host ${bind}: only this machine reaches the proxy; --host 0.0.0.0 is for all`] : [];
}

function checked(value: unknown, { prefix, notes }: { prefix: string; notes: readonly string[] }): Made {
  const config = checkConfig(value);
  if (!("faults" in config)) return { config, notes: [...notes, ...inBoth(config)] };
  return { faults: config.faults.map(({ at, why }) => `${prefix}${at}: ${why}`) };
}
