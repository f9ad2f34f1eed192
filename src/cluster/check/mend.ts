import { UserError } from "../../errors.ts";
import type { Facts } from "../../facts/index.ts";
import type { Plan } from "../../plan/plan.ts";
import type { Finding } from "../../topology/rule.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { Run } from "../run/run.ts";

/** What would be written on one node so that a finding is no more. Root is needed, and nothing else of pdctl ever asks for it. */
export interface Mending {
  readonly node: string;
  readonly code: string;
  /** Absolute; pdctl's own file, written whole. */
  readonly file: string;
  readonly line: string;
  /** Takes effect at once, by this setting of the kernel's; else with the next login. */
  readonly setting?: { readonly path: string; readonly value: string };
}

const MEND_MS = 20_000;

/** What pdctl can put right by itself: a limit of the login, ports that the kernel must not give away. Source: launch.md §5.1, §10.3. */
export function mendings(findings: readonly Finding[], plan: Plan, facts: readonly Facts[]): readonly Mending[] {
  const about = (code: string) =>
    new Set(findings.filter((one) => one.code === code).flatMap(({ subject, also }) => [subject ?? "", ...also]));
  const [locked, drawn] = [about("C02"), about("N04")];
  return facts.flatMap((said): readonly Mending[] => {
    const { node } = said;
    return [
      ...(locked.has(node) && typeof said.limits?.memlock === "number" ? [memlock(said)] : []),
      ...(drawn.has(node) ? reserved(said, plan) : []),
    ];
  });
}

const memlock = ({ node, user }: Facts): Mending => ({
  node,
  code: "C02",
  file: "/etc/security/limits.d/90-pdctl.conf",
  line: `${user} - memlock unlimited`,
});

/** With those that are reserved already: the setting is one list. */
function reserved({ node, ephemeral, reserved: before = [] }: Facts, plan: Plan): readonly Mending[] {
  if (ephemeral === null) return [];
  const { first, last } = ephemeral;
  const inside = plan.services
    .filter((one) => one.node === node)
    .flatMap(({ listens }) => listens.map(({ port }) => port))
    .filter((port) => port >= first && port <= last);
  const runs = [...before.map((one) => [one.first, one.last] as const), ...inside.map((port) => [port, port] as const)];
  const value = joined(runs)
    .map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`))
    .join(",");
  const name = "net.ipv4.ip_local_reserved_ports";
  const setting = { path: `/proc/sys/${name.replaceAll(".", "/")}`, value };
  return [{ node, code: "N04", file: "/etc/sysctl.d/90-pdctl.conf", line: `${name} = ${value}`, setting }];
}

/** Runs that touch are one. */
function joined(runs: readonly (readonly [number, number])[]): readonly (readonly [number, number])[] {
  const all: (readonly [number, number])[] = [];
  for (const [from, to] of [...runs].sort(([a], [b]) => a - b)) {
    const last = all.at(-1);
    if (last === undefined || from > last[1] + 1) all.push([from, to]);
    else all[all.length - 1] = [last[0], Math.max(last[1], to)];
  }
  return all;
}

/** Writes them, each file whole. @throws node.command with sudo's own words */
export async function mend(all: readonly Mending[], fleet: Fleet, run: Run): Promise<void> {
  const nodes = [...new Set(all.map(({ node }) => node))];
  await fleet.all(async (session, node) => {
    const mine = all.filter((one) => one.node === node);
    const answer = await session.call({
      script: run.templates["cluster/mend"] ?? "",
      values: {
        PD_FILES: mine.map(({ file }) => file),
        PD_LINES: mine.map(({ line }) => line),
        PD_SETTINGS: mine.map(({ setting }) => setting?.path ?? ""),
        PD_VALUES: mine.map(({ setting }) => setting?.value ?? ""),
      },
      deadlineMs: MEND_MS,
      signal: run.signal,
      what: "check --fix",
    });
    if (answer.exit === 0) return;
    const { exit, stderr } = answer;
    throw new UserError("node.command", { node, command: "check --fix", exit, stderr: stderr.trim() });
  }, nodes);
}
