import { isObject, type JsonObject, parseJson } from "./json.ts";

/**
 * Everything that can be made to go wrong, or to take time, in one table. A knob `dieAfterMs` is read from the variable
 * PDCTL_SIM_DIE_AFTER_MS, and from PDCTL_SIM_FAULTS, a JSON object whose keys say who is meant: "*", a service id (the last part of
 * PDCTL_RUN, "decode-0-1"), or "rank:3" (the process that holds data-parallel rank 3). The more exact key wins.
 */
const knobs = {
  loadSeconds: number(0, "how long loading the weights takes"),
  shards: number(4, "number of checkpoint shards in the progress lines"),
  dieAfterMs: number(-1, "end this long after the start, whatever the state"),
  dieAfterReadyMs: number(-1, "end this long after the engine is ready"),
  dieLine: text("", "the line that is written before such an end"),
  dieExit: number(1, "its exit code"),
  dieSignal: text("", "a signal to end by instead, for example SIGKILL"),
  dieBefore: number(0, "end so only in a generation before this one (0: in every one)"),
  neverReady: flag("load for ever: no HTTP, no READY"),
  unhealthy: flag("serve, but answer /health with 503"),
  ignoreTerm: flag("ignore SIGTERM and SIGINT"),
  strayChild: flag("leave a child behind that has forked twice and has a session of its own"),
  leaveShm: flag("leave a segment in /dev/shm behind, as torch and NCCL do after a crash"),
  title: text("", "process title to take"),
  serve: text("", "KV that others pull from here: refuse, alter, cut or hang"),
  msServe: number(0, "time that it takes to hand KV out"),
  kvParams: text("", "kv_transfer_params in the prefill answer: null, missing, empty or noblocks"),
  firstTokenEos: flag("the first token is the end of the text, unless min_tokens forbids it"),
  msPrefill: number(0, "time of a prefill"),
  msPerToken: number(0, "time of each token"),
  failStatus: number(0, "answer completions with this HTTP status"),
  cutAfterTokens: number(-1, "reset the client's connection after so many tokens"),
  answerTokens: number(0, "length of an answer that is not cut by max_tokens (0: 48 to 79, by its prompt)"),
  msDeath: number(1000, "time between a dead engine (health 503) and the end of the API server"),
  rendezvousTimeoutMs: number(300_000, "how long a rank waits for the front-end of rank 0"),
  handshakeTimeoutMs: number(5_000, "how long decode waits for a side channel that does not answer"),
  onPeerDeath: text(
    "wait",
    "what a rank does when another rank of its group is gone: wait (for the next request, as vLLM) or exit",
  ),
  modelKind: text("", "moe or dense where the model has no config.json to read"),
  hardware: text("", "cuda, rocm, gaudi, ascend or cpu, against what the environment says"),
  version: text("", "the version to play: what is reported, and whose flags are taken"),
} as const;

export type Faults = { readonly [Name in keyof typeof knobs]: (typeof knobs)[Name]["fallback"] };

/** What `--help` says of them. */
export const faultsHelp = (): readonly string[] =>
  Object.entries(knobs).map(
    ([name, { says, fallback }]) =>
      `  ${variable(name).padEnd(34)} ${says} (default: ${fallback === "" ? "none" : fallback})`,
  );

function number(fallback: number, says: string) {
  return { fallback, says, read: (raw: unknown) => (Number.isFinite(Number(raw)) ? Number(raw) : undefined) };
}
function text(fallback: string, says: string) {
  return { fallback, says, read: (raw: unknown) => String(raw) };
}
function flag(says: string) {
  return {
    fallback: false as boolean,
    says,
    read: (raw: unknown) => raw === true || /^(1|true|yes)$/i.test(String(raw)),
  };
}

/** A knob that cannot be read is an error of the test that set it, and must not pass unseen. */
export class BadFault extends Error {}

export function readFaults(env: NodeJS.ProcessEnv, ranks: readonly number[]): Faults {
  const misspelt = Object.keys(env).find((name) => name.startsWith("PDCTL_SIM_") && !variables.has(name));
  if (misspelt !== undefined) throw new BadFault(`there is no knob ${misspelt}`);
  const service = env.PDCTL_RUN?.split("/").at(-1);
  const chosen = targeted(env.PDCTL_SIM_FAULTS, [
    "*",
    ...ranks.map((rank) => `rank:${rank}`),
    ...(service === undefined ? [] : [service]),
  ]);
  const entries = Object.entries(knobs).map(([name, knob]) => {
    const raw = chosen[name] ?? env[variable(name)];
    const value = raw === undefined ? knob.fallback : knob.read(raw);
    if (value === undefined) throw new BadFault(`${variable(name)}: cannot read ${String(raw)}`);
    return [name, value];
  });
  return Object.fromEntries(entries) as Faults;
}

function targeted(json: string | undefined, targets: readonly string[]): JsonObject {
  if (json === undefined) return {};
  const parsed = parseJson(json);
  if (parsed === undefined || !isObject(parsed.value)) throw new BadFault("PDCTL_SIM_FAULTS is not a JSON object");
  const { value: table } = parsed;
  const rows = targets.map((target) => table[target]).filter(isObject);
  const chosen: JsonObject = Object.assign({}, ...rows);
  const unknown = Object.keys(chosen).find((name) => !(name in knobs));
  if (unknown !== undefined) throw new BadFault(`PDCTL_SIM_FAULTS: there is no knob ${unknown}`);
  return chosen;
}

function variable(name: string): string {
  return `PDCTL_SIM_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

const variables = new Set(["PDCTL_SIM_FAULTS", ...Object.keys(knobs).map(variable)]);
