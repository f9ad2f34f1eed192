import { randomUUID } from "node:crypto";
import { ProxyError } from "../errors.ts";
import { alone } from "./alone.ts";
import { decodeBody, prefillBody } from "./bodies.ts";
import type { Family } from "./family.ts";
import { refusesForcedTool } from "./forced-tool.ts";

/**
 * Both legs at once. Decode asks the rank of prefill that it is told of for the KV of a transfer, whose name both were given here; prefill
 * sends it when it has finished. Source: proxy-protocols.md §E.1; vLLM 0.32, mooncake_connector.py and mooncake_connector_proxy.py.
 */
export const mooncake: Family = async (legs) => {
  const answer = await legs.together(
    ({ endpoint: { bootstrap }, index }) => {
      const remote_engine_id = bootstrap?.engineId(index);
      if (remote_engine_id === undefined) throw new ProxyError("target.none", { role: "prefill" }); // it went away since it was chosen
      const transfer_id = `xfer-${randomUUID()}`; // an id of the client's could come again while prefill holds the first one's KV
      const prefill = { do_remote_decode: true, do_remote_prefill: false, transfer_id };
      const decode = { do_remote_decode: false, do_remote_prefill: true, transfer_id };
      const at = { remote_bootstrap_addr: bootstrap?.url, remote_engine_id };
      return {
        prefill: () => prefillBody(legs, { kv_transfer_params: JSON.stringify(prefill) }),
        decode: () => decodeBody(legs, { kv_transfer_params: JSON.stringify({ ...decode, ...at }) }),
      };
    },
    { writes: "after", prefillKnowsDecode: false },
  );
  return (await refusesForcedTool(legs, answer)) ? alone(legs, "forced_tool") : answer;
};
