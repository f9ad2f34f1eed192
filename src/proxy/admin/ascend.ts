import type { IncomingMessage } from "node:http";
import type { Role, Target } from "../config.ts";
import { ProxyError } from "../errors.ts";
import { type Check, endpointUrl, oneOf } from "../settings/check.ts";
import type { Members } from "./members.ts";
import { wish } from "./wishes.ts";

const roles = oneOf<Role>("prefill", "decode");
const addresses: Check<string | string[]> = {
  expects: '"HOST:PORT", or a list of them',
  is: (value): value is string | string[] =>
    typeof value === "string" || (Array.isArray(value) && value.every((each) => typeof each === "string")),
  from: (word) => word,
};

/** The body of the Ascend proxy's `/instances/add` and `/instances/remove`. Source: proxy-protocols.md §C.1 */
export async function ascendTargets(req: IncomingMessage): Promise<readonly Target[]> {
  const { role, list } = await wish(req, (reader) => ({
    role: reader.required("type", roles, "prefill"),
    list: reader.required("instances", addresses, []),
  }));
  const urls = [list].flat().map((each) => (each.includes("://") ? each : `http://${each}`));
  const wrong = urls.find((url) => !endpointUrl.is(url) || new URL(url).port === "");
  if (wrong !== undefined)
    throw new ProxyError("request.invalid", { why: `instances: expected HOST:PORT or [IPV6]:PORT, not ${wrong}` });
  return urls.map((url) => ({ url, role, slots: 1 }));
}

/** What its clients read of an answer. */
export function ascendAnswer(members: Members, message: string) {
  const of = (role: Role) =>
    members.all
      .filter((one) => one.role === role && one.presence === "serves")
      .map(({ url }) => url.replace(/^https?:\/\//, ""));
  return { message, current_prefill_instances: of("prefill"), current_decode_instances: of("decode") };
}
