import { ProxyError } from "../errors.ts";
import { withRemoteHost } from "../rewrite/remote-host.ts";
import { alone } from "./alone.ts";
import { decodeBody, prefillBody } from "./bodies.ts";
import type { Answer, Legs } from "./family.ts";
import { refusesForcedTool } from "./forced-tool.ts";
import { ticketIn } from "./ticket.ts";

/**
 * Prefill first; it answers with a ticket for its KV, which decode gets byte for byte. Source: proxy-protocols.md §G.1–G.3, R1–R3, R17.
 * @param ask what prefill is told, JSON; asked anew for every try
 */
export async function handover(legs: Legs, ask: () => string): Promise<Answer> {
  const p = legs.pick("prefill");
  const answer = await legs.send(p, () => prefillBody(legs, { kv_transfer_params: ask() }));
  const refused = refusesForcedTool(legs, answer);
  if (refused && (await refused)) return alone(legs, "forced_tool");
  if (answer.status !== 200) return answer; // the client reads prefill's own words
  const found = ticketIn(await legs.readPrefill(answer));
  if ("missing" in found) throw new ProxyError("kv.missing", { target: answer.from.endpoint.url, why: found.missing });
  const d = legs.pick("decode"); // only now: the load has changed (that there is one was checked at the door)
  const { endpoint } = answer.from;
  const ticket = {
    kv_transfer_params: legs.numbers.remoteHost ? withRemoteHost(found.ticket, endpoint.url) : found.ticket,
  };
  return legs.send(d, decodeBody(legs, ticket), () => prefillBody(legs, ticket));
}
