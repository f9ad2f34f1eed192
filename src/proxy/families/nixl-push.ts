import { randomUUID } from "node:crypto";
import { Bug } from "../../errors.ts";
import { alone } from "./alone.ts";
import { NIXL_ASKS } from "./asked.ts";
import { decodeBody, prefillBody } from "./bodies.ts";
import type { Family } from "./family.ts";
import { refusesForcedTool } from "./forced-tool.ts";

/**
 * Both legs at once. Decode is told where prefill's rank is and registers its blocks there; prefill writes into them when it has finished. It pairs
 * the two by the id that both requests carry, so that id has to be new in the life of the engines. Source: proxy-protocols.md §E.5; vLLM 0.32,
 * nixl/push_scheduler.py, nixl/push_worker.py and disagg_proxy_pushconnector_demo.py.
 */
export const nixlPush: Family = async (legs) => {
  const answer = await legs.together(
    ({ endpoint: { target, url }, index }, _, remote_request_id) => {
      const rank = target.nixl?.ranks[index];
      if (!target.nixl || !rank) throw new Bug(`${url} has no nixl address for rank ${index}`); // the config's reader demands it
      const { host: remote_host, tp_size, pp_size } = target.nixl;
      const transfer_id = `xfer-${randomUUID()}`;
      const decode = { do_remote_decode: false, do_remote_prefill: true, remote_engine_id: rank.engine_id };
      const at = { remote_host, remote_port: rank.port, tp_size, pp_size, remote_request_id, transfer_id };
      return {
        prefill: () => prefillBody(legs, { kv_transfer_params: JSON.stringify({ ...NIXL_ASKS, transfer_id }) }),
        decode: () => decodeBody(legs, { kv_transfer_params: JSON.stringify({ ...decode, ...at }) }),
      };
    },
    { writes: "after", prefillKnowsDecode: false },
  );
  return (await refusesForcedTool(legs, answer)) ? alone(legs, "forced_tool") : answer;
};
