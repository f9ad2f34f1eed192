/** Devices that one process needs on its node: so many of the next free ones, or these. */
export interface DeviceClaim {
  readonly node: string;
  readonly count: number;
  readonly pinned?: readonly string[];
}

/**
 * Grants each claim its devices, in the order of the claims: the pinned ones, or the next of the node's pool that no earlier claim
 * holds. It never grants what is not there; who got too few is P03's business.
 */
export function grantDevices(
  claims: readonly DeviceClaim[],
  pools: ReadonlyMap<string, readonly string[]>,
): readonly (readonly string[])[] {
  const held = new Set<string>(); // "node device"
  return claims.map(({ node, count, pinned }) => {
    const free = (pools.get(node) ?? []).filter((device) => !held.has(`${node} ${device}`));
    const granted = pinned ?? free.slice(0, count);
    for (const device of granted) held.add(`${node} ${device}`);
    return granted;
  });
}
