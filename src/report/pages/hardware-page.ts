import type { Hardware } from "../../hardware/hardware.ts";
import type { EnvValue } from "../../topology/topology.ts";
import { table } from "../text/table.ts";

/** What pdctl gives engines on an accelerator by itself, and where a user says otherwise. */
export function hardwarePage(one: Hardware): readonly string[] {
  const env = Object.entries(one.env).map(([name, value]) => [`  ${name}`, valueText(value)]);
  const selects = [one.visibility, ...(one.alsoVisibility ?? [])].filter((name) => name !== undefined);
  return [
    `${one.name}  hardware  ${one.about}`,
    "",
    ...table([
      ...(one.family === one.name ? [] : [["  family", `${one.family}: its rules, causes and defaults hold here too`]]),
      [
        "  devices",
        one.devices === undefined ? "as the node says" : `${one.devices} on a node, unless the node says otherwise`,
      ],
      ...(one.visibility === undefined ? [] : [["  chosen by", one.visibility]]),
      ...(one.blockSize === undefined ? [] : [["  block-size", `${one.blockSize}, where args have none`]]),
      ["  kv buffer", one.kvBufferDevices.join(", ")],
      ...(one.interfaces.length === 0 ? [] : [["  get the nic", one.interfaces.join(", ")]]),
      ...(one.addresses.length === 0 ? [] : [["  get the ip", one.addresses.join(", ")]]),
      ...(one.vendorScripts.length === 0 ? [] : [["  sourced", one.vendorScripts.join(", ")]]),
      ...(one.sameInGroup.length === 0 ? [] : [["  same in group", one.sameInGroup.join(", ")]]),
    ]),
    "",
    ...(env.length === 0 ? ["No variables of its own."] : ["Variables", ...table(env)]),
    ...(one.container([]).length === 0 ? [] : ["", "Containers", ...options(one.container(["0"]))]),
    "",
    "Change one of",
    "  engine.env, of a role, an instance or a node: NAME: value, or NAME: null to take it out",
    "  runtime.options: further container flags",
    ...(selects.length === 0
      ? []
      : [`  devices: which ones; ${selects.join(", ")} ${selects.length === 1 ? "is" : "are"} pdctl's own`]),
  ];
}

/** Every name that `nodes[].hardware` takes. */
export const hardwareList = (all: readonly Hardware[]): readonly string[] => [
  ...table(
    [
      ...all.map(({ name, family, about }) => [name, family === name ? "-" : family, about]),
      ["none", "-", "a node without engines: the proxy, side services"],
    ],
    3,
  ),
  "",
  "  next    pdctl explain hardware NAME",
];

const valueText = (value: EnvValue): string =>
  typeof value === "string"
    ? value
    : [...value.prepend.map((part) => `${part}:…`), ...value.append.map((part) => `…:${part}`)].join(", ");

/** One line for each option, with its value. */
function options(words: readonly string[]): readonly string[] {
  const lines: string[] = [];
  for (const word of words) {
    if (word.startsWith("-")) lines.push(`  ${word}`);
    else lines.push(`${lines.pop() ?? " "} ${word}`);
  }
  return lines;
}
