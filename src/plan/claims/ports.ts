/** A named run of ports that somebody needs on some nodes, wanted at a base. */
export interface PortClaim {
  readonly name: string;
  readonly base: number;
  readonly span: number;
  readonly nodes: readonly string[];
}

export interface PortGrant {
  readonly first: number;
  readonly last: number;
}

/**
 * Grants every claim its span, in the order of the claims: at its base, or after the spans that claims of the same name and
 * base already hold on any of its nodes. Claims with different bases never move each other (overlaps are N01's business).
 * One number serves all nodes of a claim; spans are inclusive. Source: launch.md §2.2, seed-lines.md C1.
 */
export function grantPorts<Claim extends PortClaim>(claims: readonly Claim[]): readonly (Claim & PortGrant)[] {
  const next = new Map<string, number>(); // "node name base" → first port not granted yet
  return claims.map((claim) => {
    const rows = claim.nodes.map((node) => `${node} ${claim.name} ${claim.base}`);
    const first = Math.max(claim.base, ...rows.map((row) => next.get(row) ?? claim.base));
    for (const row of rows) next.set(row, first + claim.span);
    return { ...claim, first, last: first + claim.span - 1 };
  });
}
