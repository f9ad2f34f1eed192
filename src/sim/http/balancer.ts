import type { Rank } from "../engine/ask.ts";

/** Chooses among the ranks behind one endpoint: fewest requests, in turn among equals. */
export class Balancer {
  readonly ranks: readonly Rank[];
  private last = -1;

  constructor(ranks: readonly Rank[]) {
    this.ranks = ranks;
  }

  get dead(): boolean {
    return this.ranks.some((rank) => rank.dead);
  }

  pick(): Rank {
    const fewest = Math.min(...this.ranks.map((rank) => rank.running));
    for (let step = 1; step <= this.ranks.length; step++) {
      const at = (this.last + step) % this.ranks.length;
      const rank = this.ranks[at];
      if (rank === undefined || rank.running > fewest) continue;
      this.last = at;
      return rank;
    }
    throw new Error("an endpoint without ranks takes no requests");
  }
}
