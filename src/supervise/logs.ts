import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import type { Session } from "../nodes/session.ts";
import { inspect } from "./inspect.ts";
import { LEASE_S } from "./lease.ts";
import { type Scripts, script } from "./scripts.ts";
import type { LogChunk, PulledLog } from "./supervise.ts";

export interface LogsAsk {
  readonly stateDir: string;
  /** Without a generation: the newest run. `from`: only what follows this byte, whatever `tail` says. */
  readonly services: readonly { readonly service: string; readonly generation?: number; readonly from?: number }[];
  /** Only so many last lines of each first; default all. */
  readonly tail?: number;
  /** Goes on with what is written from then on. */
  readonly follow?: boolean;
}

/** The logs' own bytes, in pieces that need not end at a line. One channel for all services of the node. */
export async function* logs(
  session: Session,
  { stateDir, services, tail, follow = false }: LogsAsk,
  scripts: Scripts,
  signal: AbortSignal,
): AsyncGenerator<LogChunk, void> {
  const runs = services.map(({ service, generation }) =>
    generation === undefined ? service : `${generation}/${service}`,
  );
  const values = {
    PD_STATE: stateDir,
    PD_RUNS: runs,
    PD_FROM: services.map(({ from }) => (from === undefined ? "" : String(from))),
    PD_TAIL: tail === undefined ? "" : String(tail),
    PD_FOLLOW: follow ? "1" : "",
    PD_LEASE_S: LEASE_S,
  };
  yield* frames(session.stream({ script: script(scripts, "logs"), values, signal, what: "logs" }));
}

/** `GENERATION/SERVICE FROM BYTES`, a newline, the bytes. */
async function* frames(stream: AsyncIterable<Buffer>): AsyncGenerator<LogChunk, void> {
  let rest: Buffer = Buffer.alloc(0);
  let head: { service: string; generation: number } | undefined;
  let [from, due] = [0, 0];
  for await (const chunk of stream) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length > 0) {
      if (head === undefined || due === 0) {
        const end = rest.indexOf(10);
        if (end < 0) break;
        const [, generation, service = "", at, bytes] =
          /^(\d+)\/(.+) (\d+) (\d+)$/.exec(rest.toString("utf8", 0, end)) ?? [];
        head = { service, generation: Number(generation) };
        [from, due] = [Number(at), Number(bytes)];
        rest = rest.subarray(end + 1);
        continue;
      }
      const bytes = rest.subarray(0, due);
      due -= bytes.length;
      rest = rest.subarray(bytes.length);
      yield { ...head, from, bytes };
      from += bytes.length;
    }
  }
}

/** Copies logs to `to/<service>.log`, and those of older generations to `to/<service>.<generation>.log`. */
export async function pullLogs(
  session: Session,
  { stateDir, services, to }: { stateDir: string; services?: readonly string[]; to: string },
  scripts: Scripts,
  signal: AbortSignal,
): Promise<readonly PulledLog[]> {
  const look = await inspect(session, { stateDir }, scripts, signal);
  const runs = look.found.map(({ spec: { service, generation } }) => ({ service, generation }));
  const asked = runs.filter(({ service }) => services?.includes(service) ?? true);
  const newest = (service: string) =>
    Math.max(...runs.filter((run) => run.service === service).map(({ generation }) => generation));
  await mkdir(to, { recursive: true });
  const pulled = asked.map(({ service, generation }) => {
    const file = join(to, generation === newest(service) ? `${service}.log` : `${service}.${generation}.log`);
    const stream = createWriteStream(file, { mode: 0o600 });
    const written = finished(stream);
    written.catch(() => undefined); // a full disk is heard below, when the bytes were sent
    return { service, generation, file, bytes: 0, stream, written };
  });
  try {
    for await (const { service, generation, bytes } of logs(session, { stateDir, services: asked }, scripts, signal)) {
      const one = pulled.find((log) => log.service === service && log.generation === generation);
      if (one === undefined) continue;
      one.bytes += bytes.length;
      if (!one.stream.write(bytes)) await Promise.race([once(one.stream, "drain"), one.written]);
    }
  } finally {
    for (const { stream } of pulled) stream.end();
    await Promise.all(pulled.map(({ written }) => written));
  }
  return pulled.map(({ stream: _, written: __, ...log }) => log);
}
