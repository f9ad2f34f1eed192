/**
 * Seconds after which a script on the node leaves when the launcher has given no sign: sessions give one every 10 s. Without
 * it a node would hold a lock for hours after a silent loss of the link (recipes.md §3).
 */
export const LEASE_S = "30";
