import type { FamilyName } from "../config.ts";

/**
 * Whether the legs carry something for each other that is of one sequence. Where KV is found by its content, one pair of legs serves a request of
 * several prompts or samples as it is. Source: proxy-protocols.md §D, table of §1.
 */
export const carriesOneSequence = (family: FamilyName): boolean => family !== "shared-store";

/** Whether prefill keeps its KV only where it ended by its length, so that its leg has to see to that. Source: proxy-protocols.md §G.2; vLLM 0.32. */
export const endsByLength = (family: FamilyName): boolean => family === "mooncake" || family.startsWith("moriio-");

/** Whether decode works on a prompt that no prefill has seen. Where it reads from MoRI-IO it takes every prompt for prefilled. Source: vLLM 0.32, moriio_connector.py. */
export const decodesAlone = (family: FamilyName): boolean => family !== "moriio-read";
