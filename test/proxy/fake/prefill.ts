import { randomBytes } from "node:crypto";
import type { ServerResponse } from "node:http";
import type { Arrival } from "./checks.ts";
import { keyOf } from "./engine.ts";
import type { Fault } from "./faults.ts";
import { rawOf } from "./raw-json.ts";
import type { Handle } from "./registry.ts";
import { paramsOf, rankOf } from "./speech/speech.ts";

/** Holds KV under a handle, stores it or sends it, and answers with one token and what decode needs to know, if anything. */
export async function answerPrefill(arrival: Arrival, res: ServerResponse, fault: Fault | undefined): Promise<void> {
  if (fault?.kind === "reset") return void arrival.req.socket.destroy();
  if (fault?.kind === "status")
    return void res
      .writeHead(fault.status, { "content-type": "application/json", "x-engine": "p", ...fault.headers })
      .end(fault.body);
  const { transfers } = arrival.cluster;
  const handle = hold(arrival);
  transfers?.prefillComes(arrival, handle);
  res.on("close", () => {
    if (handle.state !== "running") return;
    handle.state = "aborted"; // an abort frees what is not pinned yet
    if (fault?.kind !== "hang") transfers?.prefillCut(arrival); // one that hangs writes nothing
  });
  if (fault?.kind === "hang") return;
  if (fault?.kind === "paced") await fault.before(0);
  if (!res.destroyed) finish(arrival, { res, fault, handle });
}

interface Finish {
  readonly res: ServerResponse;
  readonly fault: Fault | undefined;
  readonly handle: Handle;
}

function finish(arrival: Arrival, { res, fault, handle }: Finish): void {
  const { speech, transfers, registry } = arrival.cluster;
  const endsByLength = fault?.kind !== "eos-first" || rawOf(arrival.members, "min_tokens") === "1";
  const keeps = endsByLength || !speech.needsLength;
  const ticket = fault?.kind === "ticket" ? fault.text : keeps ? handle.ticket : "null";
  const holds = keeps && (speech.sends !== undefined || ticket === handle.ticket);
  const pin = () => {
    handle.pinnedAt = performance.now();
    handle.state = holds && !speech.stores ? "pinned" : "released";
    if (speech.stores) registry.stored.add(handle.promptKey);
    if (holds) transfers?.prefillEnds(arrival);
  };
  const body = words(arrival, ticket);
  res.writeHead(200, { "content-type": "application/json" });
  if (fault?.kind === "break") {
    if (transfers) pin(); // engines answer when they have finished
    res.write(body.slice(0, 20), () => arrival.req.socket.destroy());
  } else if (fault?.kind === "late-body") {
    pin(); // the engine has finished; an abort frees nothing any more
    res.flushHeaders();
    void fault.rest().then(() => res.end(body));
  } else if (transfers) {
    pin(); // what it sends does not wait for its answer to be read
    res.end(body);
  } else res.end(body, pin);
}

const words = ({ id, engine: { cachedTokens } }: Arrival, ticket: string | undefined) =>
  `{"id":"cmpl-${id}","choices":[{"text":"x","finish_reason":"length"}],"usage":{"prompt_tokens":45,"prompt_tokens_details":${
    cachedTokens === undefined ? "null" : `{"cached_tokens":${cachedTokens}}`
  }}${ticket === undefined ? "" : `,"kv_transfer_params": ${ticket}`}}`;

function hold(arrival: Arrival): Handle {
  const { registry, speech } = arrival.cluster;
  const id = randomBytes(4).toString("hex");
  const requestId = `cmpl-${arrival.id}-0-${id}`;
  const engineId = arrival.engine.engineIds[rankOf(arrival)] ?? "";
  const blocks = [registry.handles.length * 3 + 17, 18, 19];
  const ticket = speech.ticket?.({ blocks, engineId, requestId, arrival }) ?? "null";
  const transferId = paramsOf(arrival)?.["transfer_id"];
  return registry.add({ id, engineId, requestId, transferId, blocks, promptKey: keyOf(arrival), ticket });
}
