import { socketsUpstream } from "./sockets/sockets-upstream.ts";
import { undiciUpstream } from "./undici-upstream.ts";
import type { Upstream } from "./upstream.ts";

/** The HTTP clients that can stand between the proxy and its engines. They pass the same tests. */
export const clients: Readonly<Record<"sockets" | "undici", (url: string) => Upstream>> = {
  sockets: socketsUpstream,
  undici: undiciUpstream,
};
