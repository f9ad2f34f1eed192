import type { Target } from "../config.ts";
import { readAddresses } from "./addresses.ts";
import { atLeastOne, endpointUrl, oneOf } from "./check.ts";
import type { Reader } from "./reader.ts";

/** One endpoint, as a config lists it and as the admin API takes it. */
export function readTarget(read: Reader): Target {
  const target = {
    url: read.required("url", endpointUrl, ""),
    role: read.required("role", oneOf<Target["role"]>("prefill", "decode"), "prefill"),
    slots: read.optional("slots", atLeastOne) ?? 1,
    ...readAddresses(read),
  };
  read.nothingElse();
  return target;
}

/** Two spellings of one address are one endpoint: `http://HOST:80` and `http://host`. What is no url is itself. */
export const originOf = (url: string): string => (URL.canParse(url) ? new URL(url).origin : url);

/** An endpoint with other ranks, or another connector, is another engine: the present one has to leave first. */
export const differences = (present: Target, wanted: Target) =>
  (["slots", "bootstrap_url", "nixl", "moriio"] as const).filter(
    (key) => JSON.stringify(present[key]) !== JSON.stringify(wanted[key]),
  );
