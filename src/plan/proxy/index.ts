import type { KvTarget, Shared } from "../../connectors/connector.ts";
import { proxies, type TransferAsk } from "../../proxies/index.ts";
import type { Target } from "../../proxy/config.ts";
import type { ProxyChoice } from "../../topology/topology.ts";
import type { Draft } from "../engine/service.ts";
import { loneService } from "../lone-service.ts";
import type { Explained, Service } from "../plan.ts";
import { type EnvLayer, overlay } from "../seats/layers.ts";
import type { Seat } from "../seats/seats.ts";
import { venvLayer } from "../seats/venv.ts";
import { bundled } from "./bundled.ts";
import { other } from "./other.ts";

export interface ProxyAsk {
  readonly proxy: ProxyChoice;
  readonly seat: Seat;
  readonly bind: string;
  readonly shared: Shared | undefined;
  readonly transfer: TransferAsk;
  readonly targets: readonly Target[];
  /** What pdctl's own has to know of the connectors behind them, by url. */
  readonly kvTargets: ReadonlyMap<string, KvTarget>;
  readonly readyMs: number;
  readonly stopMs: number;
  readonly rehearsal: boolean;
}

/** What starts it, and what has to be there for that. */
export interface ProxyProgram {
  readonly argv: readonly Explained[];
  readonly files: Service["files"];
}

/** The proxy as a service; a rehearsal has pdctl's own in the place of any other. */
export function proxyService(ask: ProxyAsk): Draft {
  const { proxy, seat, stopMs } = ask;
  const kind = proxies[ask.rehearsal ? "pdctl" : proxy.kind];
  const bind = proxy.bind ?? ask.bind;
  const { argv, files } = kind.flags === undefined ? bundled(ask, bind) : other(kind, ask, bind);
  const env = overlay([...(kind.flags === undefined ? [] : venvLayer(proxy.venv, seat, "proxy.venv")), user(proxy)]);
  const listens = [
    {
      ...{ port: proxy.port, purpose: "http", bind },
      ...(ask.shared?.proxy.family === "layerwise" && { calledBy: "decode" as const }),
    },
    ...(kind.flags !== undefined && ask.transfer.discovery !== undefined
      ? [{ port: ask.transfer.discovery, purpose: "discovery", bind: "0.0.0.0" }]
      : []),
    ...kind.listens(proxy.args).map(({ port, purpose, bind: at }) => ({ port, purpose, bind: at })),
  ];
  const health = { kind: "http", host: seat.ip, port: proxy.port, path: kind.health } as const;
  return {
    wave: 2,
    origins: { argv, env: env.origins },
    service: loneService({
      id: "proxy",
      kind: "proxy",
      node: seat.node.name,
      argv: argv.flatMap(({ words: each }) => each),
      env: env.env,
      secrets: kind.flags === undefined ? proxy.secrets : [],
      files,
      listens,
      ready: [health],
      live: [{ kind: "alive" }, health],
      stop: { order: 0, graceMs: stopMs },
    }),
  };
}

const user = ({ env }: ProxyChoice): EnvLayer => ({
  env,
  origin: (name) => ({ from: "topology", why: "proxy.env", paths: [["proxy", "env", name]] }),
});
