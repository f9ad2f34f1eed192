import { createHash, timingSafeEqual } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { IncomingHttpHeaders } from "node:http";
import type { ProxyConfig } from "../config.ts";
import type { ConfigFault } from "../settings/reader.ts";

/** Keys of which only digests are kept. Comparing takes as long for a wrong one as for a right one. */
export class KeySet {
  readonly #digests: readonly Buffer[];

  constructor(keys: readonly string[]) {
    this.#digests = keys.map(digest);
  }

  has(key: string): boolean {
    const asked = digest(key);
    return this.#digests.reduce((found, each) => timingSafeEqual(each, asked) || found, false);
  }
}

const digest = (key: string) => createHash("sha256").update(key).digest();

/** What lets a request in, and what goes on to the engines. */
export interface Keys {
  readonly admin: KeySet | undefined;
  readonly clients: KeySet | undefined;
  /** Takes the place of the client's own at the engines. */
  readonly upstream: string | undefined;
}

/** The keys that a request brings: `Authorization: Bearer KEY`, `X-API-Key: KEY`. */
export function presented({ authorization, "x-api-key": plain }: IncomingHttpHeaders): readonly string[] {
  const [, bearer] = /^Bearer +(\S+) *$/i.exec(authorization ?? "") ?? [];
  return [bearer, plain].flatMap((each) => (typeof each === "string" ? [each] : []));
}

/**
 * The headers of a request as engines may see them: the admin's key is none of their business, and where they have a key of their own it
 * takes the place of the client's.
 */
export function withoutKeys(headers: IncomingHttpHeaders, { admin, upstream }: Keys): IncomingHttpHeaders {
  const isAdmins = admin !== undefined && presented(headers).some((each) => admin.has(each));
  if (!isAdmins && upstream === undefined) return headers;
  const { authorization: _, "x-api-key": __, ...rest } = headers;
  return { ...rest, ...(upstream !== undefined && { authorization: `Bearer ${upstream}` }) };
}

type KeyNames = Pick<ProxyConfig, "admin_api_key_env" | "api_key_env" | "api_keys_file" | "upstream_api_key_env">;

/** Reads the keys that a config names. A name without a key is a fault: an open door where a lock was asked for. */
export async function readKeys(
  config: KeyNames,
  env: Readonly<Record<string, string | undefined>>,
): Promise<{ readonly keys: Keys } | { readonly faults: readonly ConfigFault[] }> {
  const faults: ConfigFault[] = [];
  const fromEnv = (at: "admin_api_key_env" | "api_key_env" | "upstream_api_key_env") => {
    const name = config[at];
    if (name === undefined) return [];
    const keys = (env[name] ?? "").split(/[\s,]+/).filter((key) => key !== "");
    if (keys.length === 0) faults.push({ at, why: `the environment has no ${name}, or it is empty` });
    else if (keys.length > 1 && at !== "api_key_env") faults.push({ at, why: `${name} holds more than one key` });
    return keys;
  };
  const [admin, upstream] = [fromEnv("admin_api_key_env"), fromEnv("upstream_api_key_env")];
  const clients = [...fromEnv("api_key_env"), ...(await fromFile(config.api_keys_file, faults))];
  if (faults.length > 0) return { faults };
  const set = (keys: readonly string[]) => (keys.length > 0 ? new KeySet(keys) : undefined);
  return { keys: { admin: set(admin), clients: set(clients), upstream: upstream[0] } };
}

/** One key per line; empty lines, and those that begin with #, are not. */
async function fromFile(file: string | undefined, faults: ConfigFault[]): Promise<readonly string[]> {
  if (file === undefined) return [];
  const at = "api_keys_file";
  try {
    const lines = (await readFile(file, "utf8")).split("\n").map((line) => line.trim());
    const keys = lines.filter((line) => line !== "" && !line.startsWith("#"));
    if (keys.length === 0) faults.push({ at, why: `${file} holds no key` });
    return keys;
  } catch (error) {
    faults.push({ at, why: `cannot read ${file}: ${error instanceof Error ? error.message : String(error)}` });
    return [];
  }
}
