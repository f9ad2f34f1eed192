import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLocal } from "../../src/nodes/index.ts";
import type { Session } from "../../src/nodes/session.ts";
import { quote } from "../../src/quote.ts";
import {
  inspect,
  remains,
  type ServiceSpec,
  type StartAsk,
  scriptNames,
  scriptsOf,
  start,
  stop,
} from "../../src/supervise/index.ts";
import type { RuntimeSpec } from "../../src/supervise/supervise.ts";
import { aliveWith } from "./processes.ts";

const read = (name: string) => readFileSync(new URL(`../../templates/supervise/${name}.sh`, import.meta.url), "utf8");
export const scripts = scriptsOf(Object.fromEntries(scriptNames.map((name) => [`supervise/${name}`, read(name)])));
export const never = new AbortController().signal;

/** A node with a state directory of its own (with a blank and a quote in its name); what still runs there at the end is ended. */
export interface Lab extends AsyncDisposable {
  readonly session: Session;
  readonly stateDir: string;
  readonly home: string;
  service(name: string, more?: Partial<ServiceSpec>): ServiceSpec;
  /** Starts services whose launch scripts run these commands. */
  start(
    commands: Readonly<Record<string, readonly string[]>>,
    more?: Partial<ServiceSpec>,
    ask?: Partial<StartAsk>,
  ): ReturnType<typeof start>;
}

/** One service, `a`, on a node: what the tests of every runtime do with it. `node` is asked anew each time, as each test has its own. */
export const aloneOn = (node: () => Lab) => ({
  begin: (runtime: RuntimeSpec, launch: string, more: Partial<ServiceSpec> = {}) => {
    const { session, stateDir, service } = node();
    const services = [{ spec: service("a", { runtime, ...more }), launch, secrets: {} }];
    return start(session, { stateDir, owner: "me", files: [], replace: false, services }, scripts, never);
  },
  end: (graceMs: number) => {
    const { session, stateDir } = node();
    return stop(session, { stateDir, services: ["a"], graceMs }, scripts, never);
  },
  state: async () => {
    const { session, stateDir } = node();
    return (await inspect(session, { stateDir }, scripts, never)).found[0]?.state;
  },
  left: async () => {
    const { session, stateDir } = node();
    return (await remains(session, { stateDir }, scripts, never)).files;
  },
  log: () => readFileSync(`${node().stateDir}/runs/1/a/log`, "utf8"),
});

export async function lab(session: Session = openLocal("n0")): Promise<Lab> {
  const home = await mkdtemp(join(tmpdir(), "pdctl lab's-"));
  const stateDir = `${home}/demo/n0`;
  const service = (name: string, more: Partial<ServiceSpec> = {}): ServiceSpec => ({
    cluster: "demo",
    generation: 1,
    service: name,
    kind: "engine",
    role: "decode",
    instance: "decode-0",
    group: "decode-0",
    node: "n0",
    ranks: [0],
    devices: [],
    listens: [],
    ready: [],
    runtime: { kind: "process" },
    graceMs: 2_000,
    hash: "h1",
    planHash: "p1",
    scratch: [],
    peers: [],
    note: {},
    ...more,
  });
  return {
    session,
    stateDir,
    home,
    service,
    start: (commands, more = {}, ask = {}) =>
      start(
        session,
        {
          stateDir,
          owner: "me@here",
          files: [],
          replace: false,
          services: Object.entries(commands).map(([name, argv]) => ({
            spec: service(name, more),
            launch: `exec ${argv.map(quote).join(" ")}\n`,
            secrets: {},
          })),
          ...ask,
        },
        scripts,
        never,
      ),
    [Symbol.asyncDispose]: async () => {
      if (aliveWith(stateDir).length > 0) await stop(session, { stateDir, services: [], graceMs: 0 }, scripts, never);
      await session.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}
