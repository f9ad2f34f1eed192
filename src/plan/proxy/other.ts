import { sorted, words } from "../../engines/words.ts";
import type { Flag, ProxyKind } from "../../proxies/index.ts";
import type { Args, ProxyChoice } from "../../topology/topology.ts";
import type { Explained } from "../plan.ts";
import type { ProxyAsk, ProxyProgram } from "./index.ts";

/** Somebody else's proxy: its command, its flags from the plan, then the user's own; a user's argument takes the place of a flag. */
export function other(kind: ProxyKind, ask: ProxyAsk, bind: string): ProxyProgram {
  const { proxy, targets, readyMs, transfer } = ask;
  const own = kind.flags?.({ proxy, bind, targets, readyMs, transfer }) ?? [];
  const replaced = new Set(own.flatMap(spellings));
  const more = sorted(proxy.args).filter(([name]) => !replaced.has(name));
  return {
    argv: [
      command(kind, proxy),
      ...own.flatMap((flag) => written(flag, proxy.args)),
      ...more.map(([name, value]) => ({ words: words(name, value), ...byUser(name) })),
    ],
    files: [],
  };
}

const command = (kind: ProxyKind, proxy: ProxyChoice): Explained => ({
  words: proxy.command ?? kind.command ?? [kind.name], // without a name of its own: R09
  from: "topology",
  why: proxy.command === undefined ? "proxy.kind" : "proxy.command",
  paths: [
    ["proxy", "command"],
    ["proxy", "kind"],
  ],
});

const spellings = ({ name, also = [] }: Flag) => [name, ...also];

function written(flag: Flag, args: Args): readonly Explained[] {
  const own = spellings(flag).filter((name) => args[name] !== undefined);
  if (own.length === 0) return [{ words: told(flag), from: "plan", why: flag.why, paths: flag.paths }];
  return own.map((name) => ({ words: words(name, args[name] ?? true), ...byUser(name) }));
}

const told = ({ name, values, repeat }: Flag): readonly string[] =>
  repeat === true ? values.flatMap((value) => [`--${name}`, value]) : [`--${name}`, ...values];

const byUser = (name: string) => ({ from: "topology", why: "proxy.args", paths: [["proxy", "args", name]] });
