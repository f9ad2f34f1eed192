import type { IncomingMessage } from "node:http";
import type { FamilyName, Role, Target } from "../config.ts";
import { ProxyError } from "../errors.ts";
import { receive } from "../front/receive.ts";
import { withAddresses } from "../settings/addresses.ts";
import { endpointUrl, oneOf, seconds } from "../settings/check.ts";
import { Reader } from "../settings/reader.ts";
import { readTarget } from "../settings/target.ts";
import type { Which } from "./members.ts";

const LIMIT = 64 * 1024; // for a list of some hundred addresses
const roles = oneOf<Role>("prefill", "decode");

/** What an admin asks for: the JSON object of the body, and what it does not say from the query. @throws ProxyError request.invalid */
export async function wish<T>(req: IncomingMessage, read: (reader: Reader) => T): Promise<T> {
  const query = Object.fromEntries(new URL(req.url ?? "/", "http://here").searchParams);
  const faults: string[] = [];
  const reader = new Reader(merged(query, parse(await receive(req, LIMIT))), "", (at, why) =>
    faults.push(`${at.replace(/^targets\[0\]\./, "")}: ${why}`),
  );
  const value = read(reader);
  reader.nothingElse();
  if (faults.length > 0) throw new ProxyError("request.invalid", { why: faults.join("; ") });
  return value;
}

const merged = (query: Readonly<Record<string, string>>, body: unknown) =>
  typeof body === "object" && body !== null && !Array.isArray(body) ? { ...query, ...body } : body;

function parse(body: Buffer): unknown {
  if (body.length === 0) return {};
  try {
    return JSON.parse(body.toString());
  } catch (error) {
    throw new ProxyError("request.invalid", { why: `not JSON: ${error instanceof Error ? error.message : "?"}` });
  }
}

export const whichIn = (reader: Reader): Which => ({
  role: reader.required("role", roles, "prefill"),
  url: reader.required("url", endpointUrl, "http://nowhere"),
});

/** @param family what it needs to know of an endpoint */
export const targetIn =
  (family: FamilyName) =>
  (reader: Reader): Target => {
    const target = readTarget(reader);
    return withAddresses([target], family, reader)[0] ?? target;
  };

export const drainIn = (reader: Reader): Which & { readonly seconds: number | undefined } => ({
  ...whichIn(reader),
  seconds: reader.optional("timeout_seconds", seconds),
});
