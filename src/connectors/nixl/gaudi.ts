/** What NIXL needs on one accelerator beyond the neutral facts of hardware/. */
export interface NixlPair {
  env(context: { readonly permutes: boolean; readonly lease: number | undefined }): Readonly<Record<string, string>>;
  readonly validated: readonly {
    readonly prefill: { readonly hardware: string; readonly layout: string; readonly block: number };
    readonly decode: { readonly layout: string; readonly block: number };
  }[];
}

/** NIXL on Gaudi: switches of vllm-gaudi, and the two layout and block pairs that were measured. Source: launch.md §3.2, §4.5. */
export const gaudi: NixlPair = {
  env: ({ permutes, lease }) => ({
    VLLM_NIXL_DEVICE_TO_DEVICE: "1", // else NIXL registers hpu memory as DRAM
    ...(permutes && { VLLM_HPU_HETERO_KV_LAYOUT: "true", PT_HPU_ENABLE_RESTORE_KV_LAYOUT: "1" }), // the plugin compares the text "true"
    ...(lease !== undefined && { VLLM_NIXL_ABORT_REQUEST_TIMEOUT: String(lease) }), // the plugin kept the older variable
  }),
  validated: [
    { prefill: { hardware: "cuda", layout: "NHD", block: 64 }, decode: { layout: "NHD", block: 64 } },
    { prefill: { hardware: "cuda", layout: "HND", block: 16 }, decode: { layout: "NHD", block: 128 } },
  ],
};
