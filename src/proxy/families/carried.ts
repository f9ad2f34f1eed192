import type { FamilyName } from "../config.ts";

/**
 * Whether the legs carry something for each other that is of one sequence. Where KV is found by its content, one pair of legs serves a request of
 * several prompts or samples as it is. Source: proxy-protocols.md §D, table of §1.
 */
export const carriesOneSequence = (family: FamilyName): boolean => family !== "shared-store";
