/** What prefill is asked by NIXL, whoever moves the blocks: keep them, another engine decodes. Source: proxy-protocols.md §G.1. */
export const NIXL_ASKS = {
  do_remote_decode: true,
  do_remote_prefill: false,
  remote_engine_id: null,
  remote_block_ids: null,
  remote_host: null,
  remote_port: null,
} as const;
