import { defined } from "../defined.ts";
import type { Finding } from "../rule.ts";
import type { Shape } from "../shape/topology.ts";
import { durationMs } from "../shape/words.ts";
import type { KeyName, ProxyChoice, ProxyServing } from "../topology.ts";
import { child, type Tree } from "../tree/tree.ts";
import { argsOf } from "./args.ts";
import { envOf } from "./env.ts";
import { type KnownNodes, oneNode } from "./node-refs.ts";
import { textsOf } from "./texts.ts";

const WITH_DEFAULT = ["policy", "prefill_policy", "decode_policy", "max_concurrent"] as const;

export const KEY_NAMES = [
  "api_key_env",
  "admin_api_key_env",
  "upstream_api_key_env",
] as const satisfies readonly KeyName[];

export function resolveProxy(
  { proxy }: Shape,
  tree: Tree,
  known: KnownNodes,
): { readonly proxy: ProxyChoice; readonly findings: readonly Finding[] } {
  const args = argsOf(child(tree, "proxy", "args"), ["proxy", "args"]);
  const env = envOf(child(tree, "proxy", "env"), ["proxy", "env"]);
  const node = oneNode(tree, ["proxy", "node"], known);
  const serving = servingOf(proxy.serving ?? {});
  const choice: ProxyChoice = defined({
    node: node.names[0] ?? proxy.node,
    bind: proxy.bind,
    port: proxy.port,
    kind: proxy.kind,
    command: proxy.command === undefined ? undefined : textsOf(child(tree, "proxy", "command")),
    venv: proxy.venv,
    args: args.args,
    env: env.env,
    prefillPolicy: proxy.prefill_policy ?? proxy.policy,
    decodePolicy: proxy.decode_policy ?? proxy.policy,
    pdMinPromptTokens: proxy.pd_min_prompt_tokens,
    maxConcurrent: proxy.max_concurrent,
    serving,
    secrets: [...new Set(KEY_NAMES.flatMap((key) => serving[key] ?? []))],
    written: WITH_DEFAULT.filter((key) => child(tree, "proxy", key) !== undefined),
    path: ["proxy"],
  });
  return { proxy: choice, findings: [...args.findings, ...env.findings, ...node.findings] };
}

/** In the words of the proxy's own configuration, which counts in seconds. */
function servingOf(written: NonNullable<Shape["proxy"]["serving"]>): ProxyServing {
  const {
    queue_timeout,
    prefill_timeout,
    first_byte_timeout,
    idle_timeout,
    handoff_timeout,
    drain_timeout,
    notice,
    ...same
  } = written;
  return defined({
    ...same,
    queue_timeout_seconds: seconds(queue_timeout),
    prefill_timeout_seconds: seconds(prefill_timeout),
    first_byte_timeout_seconds: seconds(first_byte_timeout),
    idle_timeout_seconds: seconds(idle_timeout),
    handoff_timeout_seconds: seconds(handoff_timeout),
    drain_timeout_seconds: seconds(drain_timeout),
    notice_seconds: seconds(notice),
  });
}

const seconds = (written: string | undefined) =>
  written === undefined ? undefined : (durationMs(written) ?? 0) / 1000;
