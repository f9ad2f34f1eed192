import type { Instance } from "../../topology/topology.ts";
import type { Seat } from "./seats.ts";

/** Distributions on a node → the names that a topology and the tables of changes have for them. */
const packages: Readonly<Record<string, string>> = {
  "mooncake-transfer-engine": "mooncake",
  "mooncake-transfer-engine-non-cuda": "mooncake",
  "uc-manager": "ucm",
};

/** Releases that an instance runs with on a node: what the node said, else what the topology declares. */
export const versionsOf = ({ engine }: Instance, seat: Seat | undefined): Readonly<Record<string, string>> => ({
  ...engine.versions,
  ...said(seat),
});

/** What the node said, by those names. */
export const said = (seat: Pick<Seat, "versions"> | undefined): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(seat?.versions ?? {}).map(([name, version]) => [packages[name] ?? name, version]));
