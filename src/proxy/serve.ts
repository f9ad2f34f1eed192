import { EventEmitter, once } from "node:events";
import { logTo } from "./books/log.ts";
import type { ProxyConfig } from "./config.ts";
import { ConfigError } from "./secrets.ts";
import { type ProxyOptions, type RunningProxy, startProxy } from "./server.ts";

/**
 * Runs the proxy until SIGTERM or SIGINT; the second of them ends at once what still runs. SIGHUP reads the config again.
 * @returns the exit code: 0 stopped when asked, 1 cannot listen, 2 a key or a certificate is missing or wrong
 */
export async function serve(config: ProxyConfig, reread: NonNullable<ProxyOptions["reread"]>): Promise<number> {
  const log = logTo((line) => void process.stderr.write(line));
  const stops = new EventEmitter<{ stop: [string] }>();
  for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => stops.emit("stop", signal));
  const asked = once(stops, "stop");
  try {
    const proxy = await startProxy(config, { log, reread });
    process.on("SIGHUP", () => void reloaded(proxy).then((text) => log.say(text)));
    log.say(`listening on ${addressOf(config.bind, proxy.port)}, ${config.family}, ${counts(config)}`);
    log.say(`${(await asked)[0]}: stopping`);
    stops.once("stop", (signal) => {
      log.say(`${signal} again: what still runs is broken off`);
      proxy.hurry();
    });
    await proxy.close();
    return 0;
  } catch (error) {
    const isOurs = error instanceof ConfigError;
    const where = isOurs ? "" : `cannot listen on ${addressOf(config.bind, config.port)}: `;
    const taken =
      error instanceof Error && "code" in error && error.code === "EADDRINUSE"
        ? "; another program has it: --port N"
        : "";
    log.say(`${where}${error instanceof Error ? error.message : String(error)}${taken}`);
    return isOurs ? 2 : 1;
  }
}

const addressOf = (bind: string, port: number) => (bind.includes(":") ? `[${bind}]:${port}` : `${bind}:${port}`);

function counts({ targets }: ProxyConfig): string {
  const of = (role: string) => targets.filter((target) => target.role === role).length;
  return `${of("prefill")} prefill, ${of("decode")} decode`;
}

async function reloaded(proxy: RunningProxy): Promise<string> {
  try {
    const { added, leaving, stays, kept } = await proxy.reload();
    return `reloaded: ${added.length} added, ${leaving.length} leave, ${stays.length} stay after all, ${kept} as before`;
  } catch (error) {
    return `not reloaded: ${error instanceof Error ? error.message : String(error)}`;
  }
}
