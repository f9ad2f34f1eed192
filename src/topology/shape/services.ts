import { z } from "zod";
import { command, env, line, nameUpTo, port } from "./words.ts";

const LONGEST_SERVICE = 24; // with the longest cluster name, /tmp/pdctl-<cluster>-<service> stays within 60 bytes

const httpUrl = z.string().refine(isHttp, {
  error: "is not an http address",
  params: { code: "address", remedy: ["http://127.0.0.1:9100/health"] },
});

function isHttp(text: string): boolean {
  return URL.canParse(text) && new URL(text).protocol === "http:";
}

/** A side process of the user's own. */
export const service = z.strictObject({
  name: nameUpTo(LONGEST_SERVICE),
  node: line,
  command,
  env: env.optional(),
  listens: z.array(port).optional(),
  ready: z.strictObject({ http: httpUrl.optional(), tcp: port.optional() }).optional(),
  wave: z.int().min(0).max(100).default(0),
});

export const services = z.array(service);
