import { randomBytes } from "node:crypto";
import type { ServerResponse } from "node:http";
import type { Arrival } from "./checks.ts";
import { keyOf } from "./engine.ts";
import type { Fault } from "./faults.ts";
import { rawOf } from "./raw-json.ts";
import type { Handle } from "./registry.ts";

/** The answer, when it may come. */
export async function answerPrefill(arrival: Arrival, res: ServerResponse, fault: Fault | undefined): Promise<void> {
  if (fault?.kind === "paced") await fault.before(0);
  answer(arrival, res, fault);
}

/** Holds KV under a handle, or stores it, and answers with one token and the ticket. */
function answer(arrival: Arrival, res: ServerResponse, fault: Fault | undefined): void {
  if (fault?.kind === "reset") return void arrival.req.socket.destroy();
  if (fault?.kind === "status")
    return void res
      .writeHead(fault.status, { "content-type": "application/json", "x-engine": "p", ...fault.headers })
      .end(fault.body);
  const handle = hold(arrival);
  res.on("close", () => {
    if (handle.state === "running") handle.state = "aborted"; // an abort frees what is not pinned yet
  });
  if (fault?.kind === "hang") return;
  const cappedByLength = fault?.kind !== "eos-first" || rawOf(arrival.members, "min_tokens") === "1";
  const given =
    arrival.cluster.dialect === "ucm"
      ? "null"
      : cappedByLength || arrival.cluster.dialect === "nixl"
        ? handle.ticket
        : "null";
  const ticket = fault?.kind === "ticket" ? fault.text : given;
  const body = `{"id":"cmpl-${arrival.id}","choices":[{"text":"x","finish_reason":"length"}],"usage":{"prompt_tokens":45,"prompt_tokens_details":${
    arrival.engine.cachedTokens === undefined ? "null" : `{"cached_tokens":${arrival.engine.cachedTokens}}`
  }}${ticket === undefined ? "" : `,"kv_transfer_params": ${ticket}`}}`;
  res.writeHead(200, { "content-type": "application/json" });
  if (fault?.kind === "break") {
    res.write(body.slice(0, 20), () => arrival.req.socket.destroy());
    return;
  }
  const pin = () => {
    handle.pinnedAt = performance.now();
    handle.state = ticket === handle.ticket ? "pinned" : "released";
    if (arrival.cluster.dialect === "ucm") arrival.cluster.registry.stored.add(handle.promptKey);
  };
  if (fault?.kind === "late-body") {
    pin(); // the engine has finished; an abort frees nothing any more
    res.flushHeaders();
    void fault.rest().then(() => res.end(body));
  } else res.end(body, pin);
}

/** A ticket that only a byte copy carries whole: an integer beyond 2^53, `1.0`, spaces, a key of tomorrow. */
function hold(arrival: Arrival): Handle {
  const { registry } = arrival.cluster;
  const rank = Number(arrival.req.headers["x-data-parallel-rank"] ?? 0);
  const id = randomBytes(4).toString("hex");
  const requestId = `cmpl-${arrival.id}-0-${id}`;
  const engineId = `engine-${new URL(arrival.engine.url).port}_dp${rank}`;
  const blocks = [registry.handles.length * 3 + 17, 18, 19];
  const ticket = `{"do_remote_prefill": true,"do_remote_decode":false,"remote_block_ids":[[${blocks}]],"remote_engine_id":"${engineId}","remote_request_id":"${requestId}","remote_host":"10.9.8.7","remote_port":5600,  "tp_size":2,"x_fake_nonce":9007199254740993,"x_ratio":1.0,"x_text":"\\u00e9<&>","remote_multi_nodes_meta_mapping":{"0":{"host":"10.9.8.7"}}}`;
  return registry.add({ id, engineId, requestId, blocks, promptKey: keyOf(arrival), ticket });
}
