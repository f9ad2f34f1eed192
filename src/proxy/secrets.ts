import type { ProxyConfig } from "./config.ts";
import { type Keys, readKeys } from "./front/keys.ts";
import { type Certificate, readCertificate } from "./front/listener.ts";
import type { ConfigFault } from "./settings/reader.ts";

/** What the config names and does not say: keys, a certificate. */
export interface Secrets {
  readonly keys: Keys;
  readonly certificate: Certificate | undefined;
}

/** One of them is not there, or is not what it should be. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly faults: readonly ConfigFault[];
  constructor(faults: readonly ConfigFault[]) {
    super(faults.map(({ at, why }) => `${at}: ${why}`).join("; "));
    this.faults = faults;
  }
}

/** @throws ConfigError with everything that is missing */
export async function readSecrets(
  config: ProxyConfig,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Secrets> {
  const [keys, certificate] = [await readKeys(config, env), await readCertificate(config)];
  if ("faults" in keys || "faults" in certificate)
    throw new ConfigError([keys, certificate].flatMap((read) => ("faults" in read ? read.faults : [])));
  return { ...keys, ...certificate };
}
