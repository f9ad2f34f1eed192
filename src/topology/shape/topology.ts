import { z } from "zod";
import { engine, role } from "./engine.ts";
import { kv } from "./kv.ts";
import { model } from "./model.ts";
import { nodes } from "./nodes.ts";
import { proxy } from "./proxy.ts";
import { bench, preflight, restart, secrets, smoke, timeouts } from "./runs.ts";
import { services } from "./services.ts";
import { setup } from "./setup.ts";
import { ssh } from "./ssh.ts";
import { duration, line, nameUpTo } from "./words.ts";

const LONGEST_CLUSTER = 24;

/** The user's file after `extends` and overrides, before ranges and layers: every key of pdctl's own. */
export const shape = z.strictObject({
  version: z.literal(1).default(1),
  name: nameUpTo(LONGEST_CLUSTER),
  extends: line.optional(),
  model,
  ssh: ssh.optional(),
  nodes,
  kv,
  engine: engine.optional(),
  prefill: role,
  decode: role,
  proxy,
  setup: setup.default([]),
  services: services.default([]),
  smoke: smoke.prefault({}),
  bench: bench.optional(),
  timeouts: timeouts.prefault({}),
  preflight: preflight.prefault({}),
  secrets: secrets.default([]),
  restart: restart.prefault({}),
  ttl: duration.optional(),
  experimental: z.array(line).default([]),
});
export type Shape = z.infer<typeof shape>;
