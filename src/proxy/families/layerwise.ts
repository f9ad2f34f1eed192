import { alone } from "./alone.ts";
import { decodeBody, prefillBody } from "./bodies.ts";
import type { Family, Legs } from "./family.ts";
import { refusesForcedTool } from "./forced-tool.ts";

/**
 * Decode first: it takes memory for the prompt, calls the proxy back with where that is, and prefill, which gets these bytes, writes into it layer
 * by layer while it computes. Engines know the request by the id of its attempt. Source: proxy-protocols.md §C.3; vllm-ascend,
 * mooncake_layerwise_connector.py and its proxy.
 */
export const layerwise: Family = async (legs) => {
  const answer = await legs.together(
    (_, __, id) => {
      const call = legs.expectCall(engineId(legs, id));
      const params = `{"do_remote_decode":false,"do_remote_prefill":true,"metaserver":${JSON.stringify(call.url)}}`;
      return {
        decode: () => decodeBody(legs, { kv_transfer_params: params }),
        prefill: async () => prefillBody(legs, { kv_transfer_params: await call.said }),
        over: call.end,
      };
    },
    { writes: "during", prefillKnowsDecode: false }, // until decode has called, prefill knows nothing,
  );
  return (await refusesForcedTool(legs, answer)) ? alone(legs, "forced_tool") : answer;
};

/** vLLM builds it from the id in the header; of several prompts or choices there would be several. Source: proxy-protocols.md §G.7. */
const engineId = ({ path }: Legs, id: string) => (path === "/v1/chat/completions" ? `chatcmpl-${id}` : `cmpl-${id}-0`);
