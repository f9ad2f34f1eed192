import { JsonError, rawValue, readObject } from "../body/json.ts";

/**
 * The ticket for the KV in prefill's answer, as the bytes that came. It is never parsed: a new field of the engine cannot break
 * it. Only its emptiness is looked at, because an engine that decodes from no blocks dies. Source: proxy-protocols.md §G.2, §G.3.
 */
export function ticketIn(answer: Buffer): { ticket: Buffer } | { missing: string } {
  try {
    return look(rawValue(readObject(answer), "kv_transfer_params"));
  } catch (error) {
    if (error instanceof JsonError) return { missing: `its answer is no JSON object: ${error.message}` };
    throw error;
  }
}

function look(ticket: Buffer | undefined): { ticket: Buffer } | { missing: string } {
  if (ticket === undefined) return { missing: "no kv_transfer_params in its answer" };
  if (ticket[0] !== 0x7b) return { missing: `kv_transfer_params is ${ticket.toString("utf8", 0, 20)}` };
  const object = readObject(ticket);
  if (object.members.length === 0) return { missing: "kv_transfer_params is empty" };
  const blocks = rawValue(object, "remote_block_ids");
  if (blocks && /^[[\]\s,]*$|^null$/.test(blocks.toString("latin1", 0, 256)))
    return { missing: "remote_block_ids is empty" };
  return { ticket };
}
