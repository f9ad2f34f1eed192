import { paramsOf, type Speech } from "./speech.ts";

/** UCM: nothing is carried, and what prefill computed lies in the store by its content. */
export const ucm: Speech = {
  config: { family: "shared-store" },
  *prefill(arrival) {
    if (paramsOf(arrival) !== undefined) yield ["P14", "kv_transfer_params where nothing is carried"];
  },
  *decode(arrival) {
    if (paramsOf(arrival) !== undefined) yield ["D8", "kv_transfer_params where there are none"];
  },
  needsLength: false,
  stores: true,
};
