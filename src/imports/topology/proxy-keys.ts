import { proxies } from "../../proxies/index.ts";
import type { Json } from "../../topology/topology.ts";
import type { FoundProxy } from "../commands/proxy-command.ts";
import type { Spot, Voice } from "../remark.ts";
import type { Given } from "../setup.ts";
import { some } from "./transfer.ts";
import { scalar } from "./yaml-text.ts";

/** The proxy of the topology: pdctl's own, or the source's where it is to be kept. */
export function proxyKeys(
  proxy: FoundProxy | undefined,
  node: string | undefined,
  { keepProxy }: Given,
  voice: Voice,
  { at, taken }: { readonly at: Spot; readonly taken: ReadonlySet<number> },
): Json | undefined {
  if (node === undefined) return undefined;
  if (proxy === undefined) {
    const port = [8000, 8080, 8090, 8099].find((each) => !taken.has(each)) ?? 8000;
    voice.changed(at, "proxy", `the source has none that is known here: pdctl's own stands on ${node}, port ${port}`);
    return { node, port };
  }
  const keep = keepProxy === true;
  const args: Record<string, Json> = {};
  for (const { name, flag, values } of proxy.rest) {
    const what = [flag.text, ...values.map(({ text }) => text)].join(" ");
    if (keep && !(name in proxies[proxy.kind].managed))
      args[name] = values.length === 0 ? true : scalar(values.map(({ text }) => text).join(" "));
    else voice.dropped(flag.at, what, keep ? "the topology decides it" : "pdctl's own proxy has no such flag");
  }
  const host = proxy.host?.value.replace(/^localhost$/, "127.0.0.1");
  if (host === "127.0.0.1")
    voice.kept(proxy.host?.at ?? proxy.at, `--host ${proxy.host?.value}`, "proxy.bind: only this machine reaches it");
  if (!keep)
    voice.changed(
      proxy.at,
      proxy.kind,
      "pdctl's own proxy stands in its place, with the same endpoints; --keep-proxy keeps it",
    );
  const policy = proxy.policy?.value;
  if (policy !== undefined && policy !== "round_robin")
    voice.dropped(proxy.policy?.at ?? proxy.at, `--policy ${policy}`, "proxy.policy is round_robin or least_loaded");
  const bound = proxy.maxConcurrent;
  return some({
    node,
    bind: host === undefined || host === "0.0.0.0" ? undefined : host,
    port: proxy.port,
    kind: keep ? proxy.kind : undefined,
    command:
      keep && proxies[proxy.kind].command?.join(" ") !== proxy.command.join(" ") ? [...proxy.command] : undefined,
    policy: policy === "round_robin" && (!keep || "round_robin" in proxies[proxy.kind].policies) ? policy : undefined,
    max_concurrent: bound !== undefined && Number.isInteger(bound) ? bound : undefined,
    args: Object.keys(args).length > 0 ? args : undefined,
  });
}
