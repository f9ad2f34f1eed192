import type { ClusterEvent } from "../../cluster/events.ts";
import { pasted } from "../../quote.ts";
import type { Common } from "../usage/options.ts";

export interface Target {
  /** The topology as the user typed it; undefined where the default search finds it again. */
  readonly file?: string | undefined;
  /** A plan file: `up` is given it again, and no topology. */
  readonly plan?: string;
  /** Verbs over what runs take the cluster's name: shorter than a file, and true when the file has changed. */
  readonly cluster?: string | undefined;
  /** One of its nodes: the cluster is known there and not here. */
  readonly host?: string;
  /** `--set` and `--hosts`, as they were given. */
  readonly options: Pick<Common, "set" | "hosts">;
}

/** A command that has its topology already is left as it is. */
const COMMAND =
  /\bpdctl (up|plan|status|smoke|logs|restart|check|exec|down|trust|orphans)\b(?! (?:--cluster\b|\S*(?:\.ya?ml|FILE)\b))/g;

/** Writes every command that pdctl shows so that it means this cluster when it is pasted. */
export class Aim {
  #target: Target | undefined;

  /** From now on it is known which cluster is meant. */
  at(target: Target): void {
    this.#target = target;
  }

  /** One command, or a text with commands in it. */
  readonly command = (text: string): string => {
    const target = this.#target;
    if (target === undefined) return text;
    return text.replace(COMMAND, (command, verb: string) => [command, ...wordsFor(verb, target)].join(" "));
  };

  /** The commands of an event's card or result; terminal, lines and machines get the same. */
  event(event: ClusterEvent): ClusterEvent {
    const { command } = this;
    if (event.type === "finding") return { ...event, data: this.card(event.data) };
    if (event.type !== "result") return event;
    const { next, nextWhy, ...rest } = event.data;
    const why = nextWhy && Object.fromEntries(Object.entries(nextWhy).map(([key, text]) => [command(key), text]));
    return { ...event, data: { ...rest, next: next.map(command), ...(why && { nextWhy: why }) } };
  }

  card<Card extends { readonly do?: readonly string[]; readonly log?: string }>(card: Card): Card {
    const { command } = this;
    return {
      ...card,
      ...(card.do !== undefined && { do: card.do.map(command) }),
      ...(card.log !== undefined && { log: command(card.log) }),
    };
  }
}

/** Verbs that start from a topology, not from what runs. */
const OF_TOPOLOGY: ReadonlySet<string> = new Set(["up", "plan", "check", "restart"]);

function wordsFor(verb: string, target: Target): readonly string[] {
  if (!OF_TOPOLOGY.has(verb) || (verb === "restart" && target.host !== undefined)) return standing(target);
  if (target.plan === undefined) return made(target);
  return verb === "up" ? ["--plan", pasted(target.plan)] : []; // which topology it was made of is not in the plan
}

function made({ file, options: { set, hosts } }: Target): readonly string[] {
  const words = [...(hosts === undefined ? [] : ["--hosts", hosts]), ...set.flatMap((one) => ["--set", one])];
  return [...(file === undefined ? [] : [file]), ...words].map(pasted);
}

function standing({ cluster, host }: Target): readonly string[] {
  if (cluster === undefined) return [];
  return host === undefined ? [pasted(cluster)] : ["--cluster", pasted(cluster), "--host", pasted(host)];
}
