import { UserError } from "../../errors.ts";
import type { Run } from "../run/run.ts";
import type { Standing } from "./standing.ts";

/** `user@machine`: the same user on another machine is the same owner, so that any machine can go on. */
const userOf = (owner: string) => owner.replace(/@.*$/, "");

/** Another user's cluster is not touched, unless that was asked for. Throws `cluster.foreign`. */
export function respectOwner({ cluster, owners }: Standing, adopt: boolean, run: Run): void {
  const foreign = owners.find(({ owner }) => userOf(owner) !== userOf(run.owner));
  if (foreign !== undefined && !adopt) throw new UserError("cluster.foreign", { cluster, ...foreign });
}
