import { near } from "../words/near.ts";
import type { ProxyConfig, Target } from "./config.ts";
import { decodesAlone } from "./families/carried.ts";
import { withAddresses } from "./settings/addresses.ts";
import { settings } from "./settings/index.ts";
import { type ConfigFault, Reader } from "./settings/reader.ts";
import type { Key, Values } from "./settings/setting.ts";
import { originOf, readTarget } from "./settings/target.ts";
import { usual } from "./settings/usual.ts";

export type { ConfigFault } from "./settings/reader.ts";

/** @param value of a file, parsed, or put together from flags @returns the config, or everything that is wrong with it */
export function checkConfig(value: unknown): ProxyConfig | { readonly faults: readonly ConfigFault[] } {
  const faults: ConfigFault[] = [];
  const read = new Reader(value, "", (at, why) => faults.push({ at, why }));
  const config = readProxy(read);
  return faults.length > 0 ? { faults } : config;
}

function readProxy(read: Reader): ProxyConfig {
  const written: { -readonly [K in Key]?: Values[K] } = {};
  for (const key of keys) take(written, key, read);
  if (!read.has("family")) read.fault("family", `missing; expected ${settings.family.check.expects}`);
  const { bind, port, prefill_policy, decode_policy, max_concurrent } = usual;
  const config = {
    ...{ bind, port, family: "relay" as const, prefill_policy, decode_policy, max_concurrent },
    ...written,
  };
  const targets = withAddresses(read.list("targets").map(readTarget), config.family, read);
  read.nothingElse((key) => near(key, [...keys, "targets"]));
  judgeTargets(targets, read);
  judgeFamily(config, read);
  return { ...config, targets };
}

const keys = Object.keys(settings).filter((key): key is Key => key in settings);

function take<K extends Key>(into: { -readonly [Each in Key]?: Values[Each] }, key: K, read: Reader): void {
  const value = read.optional(key, settings[key].check);
  if (value !== undefined) into[key] = value;
}

/** Both roles are there, and no endpoint is there twice. */
function judgeTargets(targets: readonly Target[], read: Reader): void {
  for (const role of ["prefill", "decode"] as const)
    if (!targets.some((target) => target.role === role)) read.fault("targets", `at least one with role "${role}"`);
  const seen = new Set<string>();
  for (const [index, { url, role }] of targets.entries())
    if (seen.size === seen.add(`${role} ${originOf(url)}`).size)
      read.fault(`targets[${index}].url`, `another url: ${url} is listed twice as ${role}`);
}

const NOT_ALONE = "not with decode_alone false, or family moriio-read: every request has to take both legs";

/** Keys that only make sense together. */
function judgeFamily(config: Omit<ProxyConfig, "targets">, read: Reader): void {
  const { family, bind, callback_url } = config;
  if (family === "layerwise" && callback_url === undefined && /^(0\.0\.0\.0|::|\[::\])$/.test(bind))
    read.fault("callback_url", `missing; decode engines call the proxy back, and bind ${bind} is no address`);
  if (config.decode_alone !== false && decodesAlone(family)) return;
  if (config.pd_min_prompt_tokens !== undefined) read.fault("pd_min_prompt_tokens", NOT_ALONE);
  for (const key of ["on_missing_kv", "on_prefill_down", "on_prefill_saturated"] as const)
    if (config[key] === "decode-only") read.fault(key, NOT_ALONE);
}
