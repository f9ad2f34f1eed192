import {
  array,
  boolean,
  int,
  literal,
  looseObject,
  nullable,
  number,
  enum as oneOf,
  optional,
  parse,
  record,
  string,
  union,
  unknown,
} from "zod/mini";
import type { Claims, NodeState, ServiceSpec } from "./supervise.ts";

// What comes back from a node was written by some version of pdctl, or by whoever can write there: it is read, not believed.
const text = string();
const probe = union([
  looseObject({ kind: literal("http"), host: text, port: int(), path: text }),
  looseObject({ kind: literal("tcp"), host: text, port: int() }),
  looseObject({ kind: literal("alive") }),
]);
const tool = oneOf(["docker", "podman"]);
const runtime = union([
  looseObject({ kind: literal("process") }),
  looseObject({ kind: literal("systemd"), scope: oneOf(["user", "system"]), unit: text }),
  looseObject({ kind: tool, image: text, name: text, options: array(text) }),
  looseObject({ kind: tool, container: text }),
]);
const spec = looseObject({
  cluster: text,
  generation: int(),
  service: text,
  kind: oneOf(["engine", "proxy", "side"]),
  role: nullable(oneOf(["prefill", "decode"])),
  instance: nullable(text),
  group: text,
  node: text,
  ranks: array(number()),
  devices: array(text),
  listens: array(looseObject({ port: int(), purpose: text, bind: text })),
  ready: array(probe),
  runtime,
  graceMs: number(),
  hash: text,
  planHash: text,
  scratch: array(text),
  peers: array(text),
  note: record(text, unknown()),
});
const exit = looseObject({ status: int(), signal: nullable(text), at: int(), asked: optional(boolean()) });
const state = looseObject({
  schema: literal(1),
  cluster: text,
  owner: text,
  generation: int(),
  boot: optional(text),
  planned: optional(array(text)),
  run: optional(text),
  nodes: optional(array(looseObject({ node: text, host: text, ip: text, stateDir: text, ssh: looseObject({}) }))),
});
const claims = looseObject({
  ports: array(looseObject({ port: int(), service: text })),
  devices: array(text),
  directories: array(text),
});

export function readSpec(json: string): ServiceSpec | undefined {
  return reading(() => parse(spec, JSON.parse(json)));
}

export function readExit(
  json: string,
): { exit: number; signal: string | null; atMs: number; asked?: boolean } | undefined {
  const read = reading(() => parse(exit, JSON.parse(json)));
  const asked = read?.asked === undefined ? {} : { asked: read.asked };
  return read && { exit: read.status, signal: read.signal, atMs: read.at, ...asked };
}

export function readState(json: string): NodeState | undefined {
  const read = reading(() => parse(state, JSON.parse(json)));
  return read && { ...read, boot: read.boot ?? "" };
}

export function readClaims(json: string): Claims | undefined {
  return reading(() => parse(claims, JSON.parse(json)));
}

/** undefined = damaged; what that means is the caller's word to say. */
function reading<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
