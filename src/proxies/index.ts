import type { ProxyChoice } from "../topology/topology.ts";
import { ascend, ascendLayerwise } from "./ascend.ts";
import type { ProxyKind } from "./kind.ts";
import { llmDSidecar } from "./llm-d-sidecar.ts";
import { pdctl } from "./pdctl.ts";
import { ucmToy } from "./ucm-toy.ts";
import { vllmRouter } from "./vllm-router.ts";
import { vllmToy } from "./vllm-toy.ts";

/** Every kind of proxy that a topology can name. */
export const proxies: Readonly<Record<ProxyChoice["kind"], ProxyKind>> = {
  pdctl,
  "vllm-router": vllmRouter,
  "vllm-toy": vllmToy,
  "ucm-toy": ucmToy,
  ascend,
  "ascend-layerwise": ascendLayerwise,
  "llm-d-sidecar": llmDSidecar,
};

export type { Flag, FlagAsk, ProxyKind, TransferAsk } from "./kind.ts";
