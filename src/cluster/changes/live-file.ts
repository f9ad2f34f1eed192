import { looseObject, safeParse, string } from "zod/mini";
import type { ServiceSpec } from "../../supervise/supervise.ts";

/** What a running service reads again when it is told to, as its spec on the node records it. */
export interface LiveNote {
  /** Where it reads it, absolute on its node. */
  readonly link: string;
  readonly name: string;
  readonly content: string;
  /** Digest of everything of the service but this. */
  readonly fixed: string;
}

const shape = looseObject({ link: string(), name: string(), content: string(), fixed: string() });

/** undefined: it reads nothing again. */
export function liveOf({ note }: Pick<ServiceSpec, "note">): LiveNote | undefined {
  const { success, data } = safeParse(shape, note["live"]);
  return success ? data : undefined;
}
