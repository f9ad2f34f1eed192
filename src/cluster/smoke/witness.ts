import type { Target } from "../../proxy/config.ts";
import { logs } from "../../supervise/index.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { Run } from "../run/run.ts";

/** An engine that answers at a url; the proxy's record names all of them, for whoever asks while their nodes are silent. */
export interface Answering {
  readonly url: string;
  readonly service: string;
  readonly node: string;
  readonly role: "prefill" | "decode";
  readonly group: string;
  readonly ranks: readonly number[];
  readonly devices: readonly string[];
  readonly hardware: string;
  /** Accelerators and connectors of the whole cluster. */
  readonly parts: readonly string[];
}

/** And where its log is. */
export interface Written extends Answering {
  readonly stateDir: string;
}

/** The decode engines of these, with the state directories of their nodes. */
export function writtenBy(
  engines: readonly Answering[],
  targets: readonly Target[],
  stateDir: (node: string) => string,
): readonly Written[] {
  const decode = new Set(targets.filter(({ role }) => role === "decode").map(({ url }) => url));
  return engines.filter(({ url }) => decode.has(url)).map((engine) => ({ ...engine, stateDir: stateDir(engine.node) }));
}

/**
 * What decode engines without counters say in their logs: how many lines show that KV came from elsewhere. Asked before and
 * after a proof, the difference is the evidence.
 */
export async function linesOf(
  pattern: string,
  written: readonly Written[],
  fleet: Fleet,
  run: Run,
): Promise<ReadonlyMap<string, number>> {
  const shows = new RegExp(pattern);
  const counts = await Promise.all(
    written.map(async ({ url, service, node, stateDir }): Promise<[string, number]> => {
      const parts: Buffer[] = [];
      for await (const { bytes } of logs(
        fleet.session(node),
        { stateDir, services: [{ service }] },
        fleet.scripts,
        run.signal,
      ))
        parts.push(bytes);
      const lines = Buffer.concat(parts).toString("utf8").split("\n");
      return [url, lines.filter((line) => shows.test(line)).length];
    }),
  );
  return new Map(counts);
}

/** Every decode engine that served has at least one new line for each of its requests. */
export function testify(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
  served: readonly (string | undefined)[],
): boolean {
  if (served.length === 0 || served.includes(undefined)) return false;
  return [...new Set(served)].every((url = "") => {
    const requests = served.filter((one) => one === url).length;
    return (after.get(url) ?? 0) - (before.get(url) ?? 0) >= requests;
  });
}
