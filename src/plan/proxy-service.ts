import type { Shared } from "../connectors/connector.ts";
import { sorted, words } from "../engines/words.ts";
import type { ProxyConfig, Target } from "../proxy/config.ts";
import type { ProxyChoice } from "../topology/topology.ts";
import type { Draft } from "./engine-service.ts";
import { contentFile, jsonText } from "./files.ts";
import { overlay } from "./layers.ts";
import type { Explained } from "./plan.ts";
import { program, type Seat } from "./seats.ts";

export interface ProxyAsk {
  readonly proxy: ProxyChoice;
  readonly seat: Seat;
  readonly bind: string;
  readonly shared: Shared | undefined;
  readonly targets: readonly Target[];
  readonly stopMs: number;
  readonly rehearsal: boolean;
}

/** The proxy: pdctl's own with its configuration as a file, or the user's program with the user's arguments. */
export function proxyService(ask: ProxyAsk): Draft {
  const { proxy, seat, stopMs } = ask;
  const bind = proxy.bind ?? ask.bind;
  const own = proxy.kind === "pdctl" || ask.rehearsal;
  const env = overlay([
    { env: proxy.env, origin: (name) => ({ from: "topology", why: "proxy.env", paths: [["proxy", "env", name]] }) },
  ]);
  const config = contentFile(seat.stateDir, "proxy.json", jsonText(proxyConfig(ask, bind)));
  const argv = own ? ours(seat, config.path) : theirs(proxy);
  return {
    wave: 2,
    origins: { argv, env: env.origins },
    service: {
      id: "proxy",
      kind: "proxy",
      role: null,
      instance: null,
      process: null,
      group: "proxy",
      ranks: [],
      node: seat.node.name,
      devices: [],
      runtime: { kind: "process" },
      vendor: [],
      prelude: null,
      argv: argv.flatMap(({ words: each }) => each),
      env: env.env,
      secrets: [],
      files: own ? [program(seat, "proxy"), ...seat.runner.files, config] : [],
      scratch: [],
      listens: [{ port: proxy.port, purpose: "http", bind }],
      reserves: [{ first: proxy.port, last: proxy.port, owner: "proxy", purpose: "http" }],
      ready: [{ kind: "http", host: seat.ip, port: proxy.port, path: "/health" }],
      live: [{ kind: "alive" }, { kind: "http", host: seat.ip, port: proxy.port, path: "/health" }],
      stop: { order: 0, graceMs: stopMs },
    },
  };
}

const proxyConfig = ({ proxy, shared, targets }: ProxyAsk, bind: string): ProxyConfig => ({
  bind,
  port: proxy.port,
  family: shared?.proxy.family ?? "relay",
  prefill_policy: proxy.prefillPolicy,
  decode_policy: proxy.decodePolicy,
  max_concurrent: proxy.maxConcurrent,
  ...(shared?.proxy.kv_hold_seconds !== undefined && { kv_hold_seconds: shared.proxy.kv_hold_seconds }),
  ...(shared?.proxy.length_capped !== undefined && { length_capped: shared.proxy.length_capped }),
  ...(proxy.pdMinPromptTokens !== undefined && { pd_min_prompt_tokens: proxy.pdMinPromptTokens }),
  targets,
});

const ours = (seat: Seat, config: string): readonly Explained[] => [
  { words: [seat.runner.path, program(seat, "proxy").path], from: "pdctl", why: "the bundled proxy" },
  { words: ["--config", config], from: "plan", why: "proxy, kv.transfer and the engines' endpoints" },
];

const theirs = ({ kind, command, args }: ProxyChoice): readonly Explained[] => [
  {
    words: command ?? [kind],
    from: "topology",
    why: "proxy.command",
    paths: [
      ["proxy", "command"],
      ["proxy", "kind"],
    ],
  },
  ...sorted(args).map(
    ([name, value]): Explained => ({
      words: words(name, value),
      from: "topology",
      why: "proxy.args",
      paths: [["proxy", "args", name]],
    }),
  ),
];
