import type { BlockPool } from "../engine/blocks.ts";

interface Held {
  readonly blocks: readonly number[];
  timer: NodeJS.Timeout;
  until: number;
}

/** Blocks of finished prefills, kept for whoever will pull them, until that happened or the lease is over. */
export class HeldBlocks {
  private readonly held = new Map<string, Held>();
  private readonly pool: BlockPool;
  private readonly free: (blocks: readonly number[]) => void;
  private readonly expired: (request: string) => void;

  constructor(pool: BlockPool, free: (blocks: readonly number[]) => void, expired: (request: string) => void) {
    this.pool = pool;
    this.free = free;
    this.expired = expired;
  }

  hold(request: string, blocks: readonly number[], leaseMs: number): void {
    this.held.set(request, { blocks, timer: this.alarm(request, leaseMs), until: Date.now() + leaseMs });
  }

  /** A heartbeat: at least so much longer from now. False when there is nothing to extend. */
  extend(request: string, byMs: number): boolean {
    const entry = this.held.get(request);
    if (entry === undefined) return false;
    const until = Date.now() + byMs;
    if (until <= entry.until) return true;
    clearTimeout(entry.timer);
    entry.until = until;
    entry.timer = this.alarm(request, byMs);
    return true;
  }

  /** The reader has it. False: it was not held (any more). */
  done(request: string): boolean {
    const entry = this.held.get(request);
    if (entry === undefined) return false;
    clearTimeout(entry.timer);
    this.held.delete(request);
    this.free(entry.blocks);
    return true;
  }

  clear(): void {
    for (const { timer } of this.held.values()) clearTimeout(timer);
    this.held.clear();
  }

  private alarm(request: string, ms: number): NodeJS.Timeout {
    return setTimeout(() => {
      const entry = this.held.get(request);
      if (entry === undefined) return;
      this.held.delete(request);
      this.free(entry.blocks);
      this.pool.scramble(entry.blocks); // a reader that comes now must be seen to be wrong
      this.expired(request);
    }, ms);
  }
}
