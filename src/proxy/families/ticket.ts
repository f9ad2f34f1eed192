import { JsonError, type Member, memberOf, objectAt, readObject } from "../body/json.ts";

/**
 * The ticket for the KV in prefill's answer, as the bytes that came. It is never parsed: a new field of the engine cannot break
 * it. Only its emptiness is looked at, because an engine that decodes from no blocks dies. Source: proxy-protocols.md §G.2, §G.3.
 */
export function ticketIn(answer: Buffer): { ticket: Buffer } | { missing: string } {
  try {
    const whole = readObject(answer);
    const ticket = memberOf(whole, "kv_transfer_params");
    return ticket ? look(answer, ticket) : { missing: "no kv_transfer_params in its answer" };
  } catch (error) {
    if (error instanceof JsonError) return { missing: `its answer is no JSON object: ${error.message}` };
    throw error;
  }
}

function look(answer: Buffer, { value, end }: Member): { ticket: Buffer } | { missing: string } {
  const ticket = answer.subarray(value, end);
  if (ticket[0] !== 0x7b) return { missing: `kv_transfer_params is ${ticket.toString("utf8", 0, 20)}` };
  const object = objectAt(answer, value);
  if (object.members.length === 0) return { missing: "kv_transfer_params is empty" };
  const blocks = memberOf(object, "remote_block_ids");
  if (blocks && isEmpty(answer, blocks)) return { missing: "remote_block_ids is empty" };
  return { ticket };
}

/** A list of nothing but lists, or null. */
function isEmpty(bytes: Buffer, { value, end }: Member): boolean {
  if (bytes[value] === 0x6e) return true;
  const last = Math.min(end, value + LOOK);
  let at = value;
  while (at < last && BRACKETS.has(bytes[at] ?? 0)) at++;
  return at === last;
}

const LOOK = 256; // bytes; a block's number stands behind the first brackets
const BRACKETS = new Set(Buffer.from("[], \t\r\n"));
