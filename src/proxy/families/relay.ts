import { ProxyError } from "../errors.ts";
import { withRemoteHost } from "../rewrite/remote-host.ts";
import { alone } from "./alone.ts";
import { decodeBody, prefillBody } from "./bodies.ts";
import type { Family } from "./family.ts";
import { ticketIn } from "./ticket.ts";

/** Prefill answers with a ticket for its KV, decode gets the ticket byte for byte. Source: proxy-protocols.md §G.1–G.3, R1–R3, R17. */
export const relay: Family = async (legs) => {
  const p = legs.pick("prefill");
  const answer = await legs.send(p, prefillBody(legs, { kv_transfer_params: ASK_PREFILL }));
  if (answer.status === 400 && legs.ask.forcesTool) {
    await answer.bytes();
    return alone(legs, "forced_tool"); // one token cannot be a tool call
  }
  if (answer.status !== 200) return answer; // the client reads prefill's own words
  const found = ticketIn(await legs.readPrefill(answer));
  if ("missing" in found) throw new ProxyError("kv.missing", { target: answer.from.endpoint.url, why: found.missing });
  const d = legs.pick("decode"); // only now: the load has changed (that there is one was checked at the door)
  const { endpoint } = answer.from;
  const ticket = {
    kv_transfer_params: legs.numbers.remoteHost ? withRemoteHost(found.ticket, endpoint.url) : found.ticket,
  };
  return legs.send(d, decodeBody(legs, ticket), () => prefillBody(legs, ticket));
};

const ASK_PREFILL =
  '{"do_remote_decode":true,"do_remote_prefill":false,"remote_engine_id":null,"remote_block_ids":null,"remote_host":null,"remote_port":null}';
