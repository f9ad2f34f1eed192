import type { Shared } from "../../connectors/connector.ts";
import type { ProxyConfig } from "../../proxy/config.ts";
import { jsonText, liveFile } from "../files.ts";
import { program } from "../seats/seats.ts";
import type { ProxyAsk, ProxyProgram } from "./index.ts";

/** pdctl's own proxy: its configuration is a file, its program comes along. */
export function bundled(ask: ProxyAsk, bind: string): ProxyProgram {
  const { seat } = ask;
  const config = liveFile(seat.stateDir, "proxy.json", jsonText(proxyConfig(ask, bind)));
  const own = program(seat, "proxy");
  return {
    argv: [
      { words: [seat.runner.path, own.path], from: "pdctl", why: "the bundled proxy" },
      { words: ["--config", config.link], from: "plan", why: "proxy, kv.transfer and the engines' endpoints" },
    ],
    files: [own, ...seat.runner.files, config],
  };
}

/** Of the time that it has to end: the rest is for the last words of what it breaks off, before it is killed. */
const GRACE_SHARE = 0.9;

const proxyConfig = ({ proxy, shared, targets, kvTargets, seat, stopMs }: ProxyAsk, bind: string): ProxyConfig => ({
  bind,
  port: proxy.port,
  family: shared?.proxy.family ?? "relay", // without a connector: rules have said so, and the plan is only a draft
  prefill_policy: proxy.prefillPolicy,
  decode_policy: proxy.decodePolicy,
  max_concurrent: proxy.maxConcurrent,
  ...numbers(shared),
  ...(shared?.proxy.family === "layerwise" && { callback_url: `http://${reached(bind, seat.ip)}:${proxy.port}` }),
  ...(proxy.pdMinPromptTokens !== undefined && { pd_min_prompt_tokens: proxy.pdMinPromptTokens }),
  ...proxy.serving,
  grace_seconds: (GRACE_SHARE * stopMs) / 1000,
  targets: targets.map((target) => ({ ...target, ...kvTargets.get(target.url) })),
});

function numbers(shared: Shared | undefined): Partial<ProxyConfig> {
  const { family: _, ...asked } = shared?.proxy ?? { family: "relay" };
  return { ...asked, ...(shared?.decodeAlone === false && { decode_alone: false }) };
}

/** Under which address decode engines can call it back. */
function reached(bind: string, ip: string): string {
  const host = /^(0\.0\.0\.0|::)$/.test(bind) ? ip : bind;
  return host.includes(":") ? `[${host}]` : host;
}
