import type { JsonObject } from "../json.ts";
import type { Finished, RankContext } from "./connector.ts";

/** Where a rank's side channel listens. Source: launch.md §3.2. */
export const sideChannelOf = ({ env, rank }: RankContext) => ({
  host: env.VLLM_NIXL_SIDE_CHANNEL_HOST ?? "localhost",
  port: Number(env.VLLM_NIXL_SIDE_CHANNEL_PORT ?? 5600) + rank,
});

interface Holder {
  readonly context: RankContext;
  readonly engineId: string;
  readonly host: string;
  readonly port: number;
}

/** What prefill hands out, whoever moves the blocks: in vLLM's order, up to where pulling and pushing differ. */
export const ticketOf = (
  { context, engineId, host, port }: Holder,
  { ask, generated }: Pick<Finished, "ask" | "generated">,
  blockIds: readonly unknown[],
): JsonObject => {
  const { parallel } = context.config;
  return {
    do_remote_prefill: true,
    do_remote_decode: false,
    remote_block_ids: blockIds,
    remote_engine_id: engineId,
    remote_request_id: ask.id,
    remote_host: host,
    remote_port: port,
    tp_size: parallel.tp,
    dcp_size: parallel.dcp,
    pp_size: parallel.pp,
    remote_num_tokens: ask.prompt.length + Math.max(0, generated - 1),
  };
};
