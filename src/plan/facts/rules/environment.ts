import type { Rule } from "../../../topology/rule.ts";
import type { Service } from "../../plan.ts";
import { isOnHost } from "../../seats/container.ts";
import type { Judged } from "../judged.ts";
import { preloads } from "../real-engines.ts";
import { type Answered, answers, nodePath } from "./answers.ts";

/** C11: the loader complains about a library that is not there in front of every command, also those whose output is read. Source: launch.md §4.6. */
export const c11: Rule<Judged, { node: string; file: string }> = {
  id: "C11",
  level: "warning",
  *check(judged) {
    for (const { node, said, engines } of answers(judged)) {
      const files = engines.filter(isOnHost).flatMap(preloads);
      for (const file of new Set(files.filter((each) => said.paths[each] === false)))
        yield { at: nodePath(judged.topology, node.name), subject: node.name, data: { node: node.name, file } };
    }
  },
  message: ({ node, file }) => `${node} has no ${file}, which LD_PRELOAD names`,
  remedy: ({ node }) => `install it on ${node}, or take it out of LD_PRELOAD`,
};

/** C05: a proxy that obeys http_proxy sends the engines' requests away. pdctl's own does not obey it. Source: launch.md §10.8. */
export const c05: Rule<Judged, { node: string; proxy: string; ips: readonly string[] }> = {
  id: "C05",
  level: "warning",
  *check(judged) {
    const { topology, plan } = judged;
    if (plan.services.some(isOurs)) return;
    for (const answered of answers(judged)) {
      const env = environment(answered);
      const proxy = env["http_proxy"] ?? env["all_proxy"];
      if (env === undefined || proxy === undefined || proxy === "") continue;
      const others = [...new Set(plan.targets.map(({ url }) => /^\w+:\/\/([^/:]+)/.exec(url)?.[1] ?? url))];
      const ips = others.filter((ip) => !exempt(ip, env["no_proxy"] ?? ""));
      if (ips.length > 0)
        yield {
          at: nodePath(topology, answered.node.name),
          subject: answered.node.name,
          data: { node: answered.node.name, proxy, ips },
        };
    }
  },
  message: ({ node, proxy, ips }) => `requests from ${node} to ${ips.join(", ")} would go through ${proxy}`,
  remedy: ({ ips }) => `proxy.env: { no_proxy: "${ips.join(",")}" }`,
};

/** pdctl's own proxy, or its stand-in in a rehearsal. */
const isOurs = ({ kind, files }: Service) =>
  kind === "proxy" && files.some((file) => "program" in file && file.program === "proxy");

/** Of the proxy's node: the login environment, and over it what the topology gives to the proxy. Nothing where no proxy runs. */
function environment({ said, services }: Answered): Readonly<Record<string, string>> {
  const proxy = services.find(({ kind }) => kind === "proxy");
  if (proxy === undefined) return {};
  const own = Object.entries(proxy.env).flatMap(([name, value]) =>
    typeof value === "string" ? [[name.toLowerCase(), value]] : [],
  );
  return { ...said.proxies, ...Object.fromEntries(own) };
}

/** Whether no_proxy takes the address out: itself, everything, or a network that is written with a mask. */
const exempt = (ip: string, list: string): boolean =>
  list.split(/[\s,]+/).some((entry) => entry === "*" || entry === ip || within(ip, entry) || beginning(ip, entry));

function within(ip: string, entry: string): boolean {
  const [network = "", bits = ""] = entry.split("/");
  if (!/^\d+$/.test(bits)) return false;
  const shift = 2 ** (32 - Number(bits));
  return Math.floor(whole(ip) / shift) === Math.floor(whole(network) / shift);
}

/** `10.` and `10.0.*`, as some programs read them. */
const beginning = (ip: string, entry: string) => /\.\*?$/.test(entry) && ip.startsWith(entry.replace(/\*$/, ""));

const whole = (ip: string) => ip.split(".").reduce((sum, byte) => sum * 256 + Number(byte), 0);

/** C01, of a container that runs already: its network is what the engines have. Source: launch.md §8.2, §10.8. */
export const c01: Rule<Judged, { node: string; container: string; mode: string }> = {
  id: "C01",
  level: "error",
  *check(judged) {
    for (const { node, said, engines } of answers(judged)) {
      const names = engines.flatMap(({ runtime }) => ("container" in runtime ? [runtime.container] : []));
      for (const container of new Set(names)) {
        const mode = said.containers?.[container];
        if (mode !== undefined && mode !== "host")
          yield {
            at: nodePath(judged.topology, node.name),
            subject: node.name,
            data: { node: node.name, container, mode },
          };
      }
    }
  },
  message: ({ node, container, mode }) => `container ${container} on ${node} has network ${mode}, not the host's`,
  remedy: ({ container }) => `make ${container} again with --network host`,
};
