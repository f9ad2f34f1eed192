import type { Plan, Service } from "../plan/plan.ts";
import { quote } from "../quote.ts";
import type { EnvValue } from "../topology/topology.ts";

/** What of a service stands in its launch script. */
export type Launched = Pick<Service, "id" | "node" | "vendor" | "files" | "secrets" | "scratch" | "env" | "argv">;

/**
 * The whole launch script of a service: a generated head of assignments, one quoted value per element, then the template's own
 * bytes. Two services differ in values only, and the file runs by hand.
 * @param template  text of templates/launch/launch.sh
 */
export const launchScript = (service: Launched, plan: Pick<Plan, "cluster">, template: string): string =>
  `${head(service, plan)}${template}`;

function head(service: Launched, { cluster }: Pick<Plan, "cluster">): string {
  const env = Object.entries(service.env);
  return [
    "#!/usr/bin/env bash",
    `# ${oneLine(`${service.id} of ${cluster} on ${service.node}`)}. By hand: bash launch.sh`,
    array("PD_VENDOR", service.vendor),
    text("PD_PRELUDE", service.files.find(({ name }) => name === "prelude")?.path ?? ""),
    text("PD_SECRETS", service.secrets.length > 0 ? "secrets" : ""),
    array("PD_SCRATCH", service.scratch),
    array(
      "PD_ENV",
      env.flatMap(([name, value]) => (typeof value === "string" ? [`${name}=${value}`] : [])),
    ),
    array(
      "PD_PREPEND",
      env.flatMap(([name, value]) => list(name, value, "prepend")),
    ),
    array(
      "PD_APPEND",
      env.flatMap(([name, value]) => list(name, value, "append")),
    ),
    text("PD_CWD", service.scratch[0] ?? "/"),
    array("PD_ARGV", service.argv),
    "",
  ].join("\n");
}

/** A path list without empty entries: an empty one would mean the working directory. */
function list(name: string, value: EnvValue, side: "prepend" | "append"): readonly string[] {
  if (typeof value === "string") return [];
  const entries = value[side].filter((entry) => entry !== "");
  return entries.length === 0 ? [] : [`${name}=${entries.join(":")}`];
}

const text = (name: string, value: string) => `${name}=${quote(value)}`;

const array = (name: string, values: readonly string[]) => {
  if (values.length === 0) return `${name}=()`;
  if (values.length === 1) return `${name}=(${values.map(quote).join("")})`;
  return `${name}=(\n${values.map((value) => `  ${quote(value)}\n`).join("")})`;
};

/** A comment must not end before its text does. */
const oneLine = (comment: string) => comment.replaceAll(/[\r\n]/g, " ");
