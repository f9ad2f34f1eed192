/** The loader's own codes, for `pdctl explain`: what each one means, in a line. Rule ids (S05, P03 …) are explained by their rules. */
export const namedCodes = {
  address: "an address or host name that cannot be one",
  character: "a control character where a text must be a single readable line, or anywhere a NUL",
  duplicate: "a name, node or device that is given twice where each may stand once",
  "duplicate-key": "a key written twice in one map; YAML would silently keep one of them",
  duration: "a duration that is not a number with s, m or h: 90s, 15m, 2h",
  "empty-file": "a file without any key",
  "empty-value":
    'a key with nothing behind it; {a: x,y} in braces is a: x and an empty y. null takes an inherited value out, "" is an empty text',
  encoding: "bytes that are not UTF-8",
  "env-value": "the value of a variable that is neither a text nor { prepend: [...] } or { append: [...] }",
  environment: "a variable asked for with ${env:NAME} that is not set, is a secret, or stands where a shell reads",
  extends: "an extended topology that cannot be read, or that extends itself",
  "flag-name": "a key of args that cannot be the name of a flag",
  from: "nodes from a SLURM allocation or an Ansible inventory that cannot be had",
  hosts: "--hosts gives another number of hosts than the topology has nodes",
  instances: "a number of instances that can neither share the nodes nor be shared out over them",
  limits: "a file larger, deeper or with more parts than a topology can need, or a text too long for a process",
  missing: "a key that has to be there",
  name: "a name with other characters than a-z, 0-9 and -, or too long",
  number: "a number outside the range that its key takes",
  range: "a range that does not read as n[0-5] or gpu[001-097,099], or two ranges of different length side by side",
  runtime: "keys of a runtime that exclude each other",
  set: "--set with a path that does not exist or a value that is not YAML",
  type: "a value of another type: a text where a number belongs, a list where a map belongs",
  "yaml-syntax": "the file is not YAML",
} as const satisfies Record<string, string>;

/** Rule ids that the loader itself speaks, as only a reader of the file can: for `pdctl explain` too. */
export const loaderRules = {
  S04: "a topology without prefill, decode or proxy, or a role without nodes",
  S05: "a name that none of those that there are has: hardware, connector, node, kind, policy, load-balancing mode",
  S07: "a key that nothing knows",
} as const satisfies Record<string, string>;

/** Codes that the loader itself gives: its named ones, the rules that only a reader of the file can apply, and a rule's that it shares. */
export type Code = keyof typeof namedCodes | keyof typeof loaderRules | "C09";
