import type { Shared } from "../../connectors/connector.ts";
import type { ProxyConfig } from "../../proxy/config.ts";
import { jsonText, liveFile } from "../files.ts";
import { program } from "../seats.ts";
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

const proxyConfig = ({ proxy, shared, targets, stopMs }: ProxyAsk, bind: string): ProxyConfig => ({
  bind,
  port: proxy.port,
  family: "relay",
  prefill_policy: proxy.prefillPolicy,
  decode_policy: proxy.decodePolicy,
  max_concurrent: proxy.maxConcurrent,
  ...spoken(shared),
  ...(proxy.pdMinPromptTokens !== undefined && { pd_min_prompt_tokens: proxy.pdMinPromptTokens }),
  ...proxy.serving,
  grace_seconds: (GRACE_SHARE * stopMs) / 1000,
  targets,
});

/** What the connector asks of it; a protocol that it does not speak is A10's, and the plan is then only a draft. */
function spoken(shared: Shared | undefined): Partial<ProxyConfig> {
  const asked = shared?.proxy;
  if (asked === undefined || asked.family === "rendezvous" || asked.family === "decode-first") return {};
  const { family, ...numbers } = asked;
  return { family, ...numbers };
}
