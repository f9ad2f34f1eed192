import type { Role } from "../config.ts";
import { atLeastOne } from "../settings/check.ts";
import { settings } from "../settings/index.ts";
import type { Key } from "../settings/setting.ts";
import { usual } from "../settings/usual.ts";
import type { Draft } from "./draft.ts";
import { addUrl } from "./engines.ts";
import { negative, type Option, optionOf } from "./option.ts";

const many = Number.POSITIVE_INFINITY;
const ALONE = { least: 0, most: 0, shows: "", topic: "call" } as const;

const mode = (name: string, to: Draft["mode"], says: string): Option => ({
  ...ALONE,
  names: [name],
  says,
  apply(draft) {
    draft.mode = to;
  },
});

const list = (role: Role, what: "hosts" | "ports", name: string): Option => ({
  names: [`${name}-${what}`, `${name}-${what.slice(0, -1)}`],
  least: 1,
  most: many,
  topic: "named",
  shows: `${what === "hosts" ? "HOST" : "PORT"}…`,
  says:
    what === "hosts"
      ? `The same as two lists that are read side by side: the hosts of ${role}.`
      : `The ports of ${role}, one for each host.`,
  apply: (draft, values) => void draft.lists.set(`${role} ${what}`, values),
});

const policy = (name: string, role: Role | "both", says: string): Option => ({
  names: [name],
  words: settings[role === "prefill" ? "prefill_policy" : "decode_policy"].check.words,
  usual: usual.decode_policy,
  least: 1,
  most: 1,
  topic: "routing",
  shows: "POLICY",
  says,
  apply: (draft, [word = ""], said) => void draft.policies.set(role, { word, name: said }),
});

const SPECIAL: ReadonlySet<string> = new Set(["prefill_policy", "decode_policy"] satisfies Key[]);
const keys = Object.keys(settings).filter((key): key is Key => key in settings && !SPECIAL.has(key));

/** Every flag of `pdctl proxy`, in the order of its help. Source: proxy-protocols.md §3.0 */
export const own: readonly Option[] = [
  {
    names: ["prefill"],
    least: 1,
    most: 2,
    repeats: true,
    topic: "named",
    shows: "URL [PORT]",
    says: "An endpoint of prefill, and with Mooncake the port of its bootstrap server; any number of times.",
    apply: (draft, values, name) => addUrl(draft, "prefill", values, name),
  },
  {
    names: ["decode"],
    least: 1,
    most: 1,
    repeats: true,
    topic: "named",
    shows: "URL",
    says: "An endpoint of decode; any number of times.",
    apply: (draft, values, name) => addUrl(draft, "decode", values, name),
  },
  list("prefill", "hosts", "prefiller"),
  list("prefill", "ports", "prefiller"),
  list("decode", "hosts", "decoder"),
  list("decode", "ports", "decoder"),
  {
    names: ["data-parallel-size-local", "intra-node-data-parallel-size"],
    least: 1,
    most: 1,
    topic: "named",
    shows: "N",
    says: "Ranks behind every endpoint, chosen by X-data-parallel-rank.",
    apply(draft, [word = ""], name) {
      const size = atLeastOne.from(word);
      if (atLeastOne.is(size)) draft.slots = size;
      else draft.faults.push(`${name} ${word}: expected ${atLeastOne.expects}`);
    },
  },
  policy("policy", "both", "How an endpoint is chosen, for both roles."),
  ...(["prefill", "decode"] as const).map((role) => policy(`${role}-policy`, role, settings[`${role}_policy`].says)),
  ...keys.map(optionOf),
  {
    names: ["config"],
    least: 1,
    most: 1,
    topic: "call",
    shows: "FILE",
    says: "A config to start from; flags change its keys one by one, endpoints of a role all at once.",
    apply(draft, [word = ""]) {
      draft.file = word;
    },
  },
  mode("check", "check", "Say what is wrong, or what it would do; start nothing."),
  mode("print-config", "print", "Print the config that the flags make, as JSON; start nothing."),
  { ...mode("help", "help", "Print this."), names: ["help", "h"] },
];

/** `--no-…` of the switches. */
export const negatives: readonly Option[] = keys
  .filter((key) => settings[key].takes === undefined)
  .map((key) => negative(optionOf(key)));
