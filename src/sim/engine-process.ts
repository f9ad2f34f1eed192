import type { Server } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { DEAD, EngineDied, ShutDown } from "./engine/ask.ts";
import type { LocalRank } from "./engine/local-rank.ts";
import { makeRank } from "./engine/make-rank.ts";
import { raised } from "./fatal.ts";
import { type Faults, readFaults } from "./faults.ts";
import { headOf } from "./group/dp-head.ts";
import { memberOf } from "./group/dp-member.ts";
import { engineNodes } from "./group/engine-nodes.ts";
import { alone, type Group } from "./group/group.ts";
import { Balancer } from "./http/balancer.ts";
import { OpenRequests } from "./http/open-requests.ts";
import { requirePort, serveHttp } from "./http/server.ts";
import type { Connector } from "./kv/connector.ts";
import type { Listener } from "./kv/listen.ts";
import { createLog, type Log } from "./log.ts";
import { misbehave } from "./misbehave.ts";
import { parseArgv } from "./start/argv.ts";
import { configOf, type EngineConfig } from "./start/config.ts";
import { checkEnvironment } from "./start/environment.ts";
import { MEASURED } from "./start/flags.ts";
import { loadWeights } from "./start/load.ts";
import { openEvents, openIpc } from "./start/side-listeners.ts";

/** One `vllm serve` process, from its flags to its exit code. */
export async function runEngine(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const log = createLog("APIServer");
  checkEnvironment(env);
  const common = readFaults(env, []);
  const args = parseArgv(argv, common.version === "" ? MEASURED : common.version);
  const first = configOf(args, env, common, log);
  const { parallel } = first;
  const mine = Array.from({ length: parallel.dpLocal }, (_, at) => parallel.start + at);
  const faults = readFaults(env, mine); // some are meant for a rank, and the ranks are known only now
  const process_ = new EngineProcess(configOf(args, env, faults, quiet), env, faults, log, mine);
  return process_.run();
}

const FAREWELL_MS = 1_000; // for the last event of a stream to be written

const quiet: Log = { info: () => undefined, warning: () => undefined, error: () => undefined, plain: () => undefined };

class EngineProcess {
  private readonly config: EngineConfig;
  private readonly env: NodeJS.ProcessEnv;
  private readonly faults: Faults;
  private readonly log: Log;
  private readonly mine: readonly number[];
  private readonly ranks: LocalRank[] = [];
  private readonly connectors: Connector[] = [];
  private readonly servers: Server[] = [];
  private readonly open = new OpenRequests();
  private readonly listeners: Listener[] = [];
  private readonly stop = new AbortController();
  private group: Group = alone;
  private end: (code: number) => void = () => undefined;

  constructor(config: EngineConfig, env: NodeJS.ProcessEnv, faults: Faults, log: Log, mine: readonly number[]) {
    this.config = config;
    this.env = env;
    this.faults = faults;
    this.log = log;
    this.mine = mine;
  }

  async run(): Promise<number> {
    const ended = new Promise<number>((resolve) => {
      this.end = resolve;
    });
    const hold = setInterval(() => undefined, 2 ** 30); // a headless engine whose head is gone has nothing open, and stays
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => this.terminated(signal));
    const faulty = misbehave(this.faults, this.log, (code) => this.end(code));
    const started = this.start().then(() => {
      faulty.ready();
      return ended;
    });
    try {
      return await Promise.race([started, ended]);
    } finally {
      clearInterval(hold);
      this.close();
    }
  }

  private async start(): Promise<void> {
    const { config, log } = this;
    const { parallel } = config;
    const serves = !parallel.headless && parallel.nodeOfEngine === 0;
    log.info("api_server.py", `vLLM API server version ${config.version}`);
    if (serves) for (const port of this.ports()) await requirePort(config.host, port);
    log.info(
      "core.py",
      `Initializing a V1 LLM engine (v${config.version}) with config: model='${config.model}', dtype=${config.dtype}, max_seq_len=${config.maxModelLen}, tensor_parallel_size=${parallel.tp}, pipeline_parallel_size=${parallel.pp}, data_parallel_size=${parallel.dp}`,
    );
    this.group = await this.join();
    await Promise.race([this.prepare(), this.group.failed]);
    if (parallel.nodeOfEngine > 0 || parallel.headless) return;
    await this.openHttp();
    log.info("launcher.py", "Available routes are:");
    log.plain(`INFO:     Started server process [${process.pid}]`);
    log.plain("INFO:     Waiting for application startup.");
    log.plain("INFO:     Application startup complete.");
  }

  private async prepare(): Promise<void> {
    for (const rank of this.config.parallel.nodeOfEngine === 0 ? this.mine : []) {
      const made = await makeRank(rank, this.config, this.env, this.faults, (who, lines) => this.died(who, lines));
      made.rank.blocked = () => this.blocked();
      this.ranks.push(made.rank);
      if (made.connector !== undefined) this.connectors.push(made.connector);
    }
    this.listeners.push(...(await openIpc(this.env)));
    if (this.ranks.length > 0 || this.config.parallel.nodeOfEngine > 0)
      await loadWeights(this.faults, this.stop.signal);
    this.listeners.push(...(await openEvents(this.config.kvEvents, this.mine)));
    for (const connector of this.connectors) await connector.open();
    this.group.onLost((who) => this.lost(who));
    await this.group.meet();
  }

  private ports(): readonly number[] {
    const { parallel, port } = this.config;
    return parallel.mode === "multi-port" ? this.mine.map((_, at) => port + at) : [port];
  }

  private join(): Promise<Group> {
    const { parallel } = this.config;
    const timeoutMs = this.faults.rendezvousTimeoutMs;
    if (parallel.nodesOfEngine > 1) {
      if (parallel.dp > 1)
        throw raised(
          "NotImplementedError",
          "the stand-in engine does not play engines over several nodes together with data parallelism",
        );
      return engineNodes(parallel, timeoutMs, this.log);
    }
    if (parallel.dpLocal === parallel.dp && !parallel.headless) return Promise.resolve(alone);
    const head = parallel.mode === "internal" ? !parallel.headless : parallel.start === 0;
    return head ? headOf(parallel, this.log) : memberOf({ parallel, timeoutMs, log: this.log, ranks: this.ranks });
  }

  private async openHttp(): Promise<void> {
    const { config, faults, log } = this;
    const all = [...this.ranks, ...(config.parallel.mode === "internal" ? this.group.remotes : [])].sort(
      (a, b) => a.rank - b.rank,
    );
    const front = { config, faults, log, open: this.open, startedAt: Date.now() };
    for (const [at, port] of this.ports().entries()) {
      const behind = config.parallel.mode === "multi-port" ? all.slice(at, at + 1) : all;
      this.servers.push(await serveHttp({ ...front, balancer: new Balancer(behind) }, port));
      log.info("launcher.py", `Starting vLLM server on http://${config.host ?? "0.0.0.0"}:${port}`);
    }
    if (config.parallel.mode === "multi-port")
      this.servers.push(await serveHttp({ ...front, balancer: new Balancer(all) }, config.parallel.supervisorPort));
  }

  /** A step of a group that exchanges tokens between experts needs all of its members. */
  private blocked(): EngineDied | undefined {
    const { parallel } = this.config;
    if (this.group.lost.size === 0 || (!parallel.moe && parallel.nodesOfEngine === 1)) return undefined;
    return new EngineDied([
      "Traceback (most recent call last):",
      `RuntimeError: [gloo/transport/tcp/pair.cc] Connection closed by peer (${[...this.group.lost].join(", ")}). This is typically caused by a remote worker crash.`,
    ]);
  }

  private lost(who: string): void {
    const blocked = this.blocked();
    const busy = this.ranks.some((rank) => rank.running > 0);
    if (this.faults.onPeerDeath === "exit")
      this.died(this.mine[0] ?? 0, blocked?.lines ?? [`RuntimeError: Connection closed by peer (${who})`]);
    else if (blocked !== undefined && busy) this.died(this.mine[0] ?? 0, blocked.lines);
  }

  private died(rank: number, lines: readonly string[]): void {
    if (this.ranks.some((one) => one.dead)) return;
    const core = createLog(this.config.parallel.dp > 1 ? `EngineCore_DP${rank}` : "EngineCore");
    core.error("core.py", "EngineCore encountered a fatal error.");
    core.plain(lines.join("\n"));
    const death = new EngineDied(lines);
    this.log.error("async_llm.py", "AsyncLLM output_handler failed.");
    this.log.plain(`vllm.v1.engine.exceptions.EngineDeadError: ${DEAD}`);
    for (const one of this.ranks) one.die(death);
    setTimeout(() => this.leave(), this.faults.msDeath); // the front-end lives a little longer and answers 503
  }

  /** A server whose engine core is gone shuts down in order, and that is how it ends: with exit code 0. */
  private leave(): void {
    if (this.servers.length > 0)
      for (const line of ["Shutting down", "Application shutdown complete."]) this.log.plain(`INFO:     ${line}`);
    this.end(this.servers.length > 0 ? 0 : 1);
  }

  private terminated(signal: string): void {
    if (this.faults.ignoreTerm) {
      this.log.info("launcher.py", `${signal} ignored`);
      return;
    }
    this.log.plain("INFO:     Shutting down");
    for (const server of this.servers) server.close();
    void this.drained().then(() => {
      this.log.plain("INFO:     Application shutdown complete.");
      this.end(0);
    });
  }

  /** With a shutdown time-out the requests that run are answered first; then, and without one at once, they are cut short. Source: launch.md §1.1. */
  private async drained(): Promise<void> {
    const within = (ms: number) => Promise.race([this.open.none(), sleep(ms, undefined, { ref: false })]);
    await within(this.config.shutdownSeconds * 1000);
    for (const rank of this.ranks) rank.endAll(new ShutDown());
    await within(FAREWELL_MS);
  }

  private close(): void {
    this.stop.abort();
    this.group.close();
    for (const connector of this.connectors) connector.close();
    for (const listener of this.listeners) listener.close();
    for (const server of this.servers) {
      server.close();
      server.closeAllConnections();
    }
  }
}
