import { type Drift, era } from "../../era.ts";

/** What changed in Mooncake. Source: launch.md §12. */

/** Ports that the transfer engine draws from, for each physical device. */
export const adxlRange: Drift = {
  package: "mooncake",
  what: "ports of the transfer engine for each device",
  old: "1000",
  now: "100",
  until: "0.3.8",
  since: "0.3.9",
};

/** A05 judges a lease that is written; neither default is relied on. */
const masterLease: Drift = {
  package: "mooncake",
  what: "default_kv_lease_ttl unset",
  old: "5000 ms",
  now: "10000 ms",
  until: "0.3.9",
  since: "0.3.10",
};

export const drift: readonly Drift[] = [adxlRange, masterLease];

/** The wide range is safe for both, and stands while the release is not known. */
export const portsPerDevice = (mooncake: string | undefined): number =>
  era(mooncake, adxlRange) === "new" ? 100 : 1000;
