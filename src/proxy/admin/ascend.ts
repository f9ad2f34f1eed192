import type { IncomingMessage } from "node:http";
import type { FamilyName, Role, Target } from "../config.ts";
import { withAddresses } from "../settings/addresses.ts";
import { type Check, endpointUrl, oneOf } from "../settings/check.ts";
import { originOf } from "../settings/target.ts";
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
export function ascendTargets(req: IncomingMessage, family: FamilyName): Promise<readonly Target[]> {
  return wish(req, (reader) => {
    const role = reader.required("type", roles, "prefill");
    const urls = [reader.required("instances", addresses, [])].flat().map(urlOf);
    for (const url of urls)
      if (!endpointUrl.is(url)) reader.fault("instances", `expected HOST:PORT or [IPV6]:PORT, not ${url}`);
    if (new Set(urls.map(originOf)).size < urls.length) reader.fault("instances", "one of them is listed twice");
    const targets = urls.map((url) => ({ url, role, slots: 1 })); // it says no more than that
    return withAddresses(targets, family, reader);
  });
}

const urlOf = (address: string) => (/:\d+$/.test(address) ? `http://${address}` : address);

/** What its clients read of an answer. */
export function ascendAnswer(members: Members, message: string) {
  const of = (role: Role) =>
    members.all
      .filter((one) => one.role === role && one.presence === "serves")
      .map(({ url }) => url.replace(/^https?:\/\//, ""));
  return { message, current_prefill_instances: of("prefill"), current_decode_instances: of("decode") };
}
