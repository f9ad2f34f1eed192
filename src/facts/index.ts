export type { Facts } from "./facts.ts";
export { listener, readFacts } from "./read.ts";

/** The script of templates/ that answers for every node. */
export const gatherScript = "gather/node";
