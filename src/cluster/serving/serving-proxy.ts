import type { Found } from "../../supervise/supervise.ts";
import { Ended } from "../run/verb.ts";
import type { Standing } from "../standing/standing.ts";

/** The proxy that runs: without one there is nobody to ask. @throws Ended, with what there is then nothing to do, such as `prove` */
export function servingProxy({ services }: Standing, todo: string): Found & { readonly node: string } {
  const proxy = services.find(({ spec, state }) => spec.kind === "proxy" && state.state === "alive");
  if (proxy !== undefined) return proxy;
  throw new Ended({
    exit: 1,
    state: "absent",
    verdict: `has no proxy that runs: nothing to ${todo}`,
    untimed: true,
    next: ["pdctl status", "pdctl up"],
  });
}
