import type { HeldBlocks } from "../held.ts";

interface Finished {
  readonly request: string;
  readonly blocks: readonly number[];
}

/**
 * KV that prefill sends, by the name of its transfer. Decode may have asked before prefill finished: then it waits here, as long as it is let.
 * Source: vLLM 0.32, mooncake_connector.py send_kv_to_decode, nixl/push_worker.py.
 */
export class Outbox {
  private readonly held: HeldBlocks;
  private readonly waitMs: number;
  private readonly finished = new Map<string, Finished>();
  private readonly asking = new Map<string, ((found: Finished) => void)[]>();
  private readonly timers = new Set<NodeJS.Timeout>();

  constructor(held: HeldBlocks, waitMs: number) {
    this.held = held;
    this.waitMs = waitMs;
  }

  /** Prefill has the KV, and keeps it that long for decode to ask. */
  put(name: string, finished: Finished, holdMs: number): void {
    this.held.hold(finished.request, finished.blocks, holdMs);
    this.finished.set(name, finished);
    for (const tell of this.asking.get(name) ?? []) tell(finished);
    this.asking.delete(name);
  }

  /** Resolves when prefill has finished; with nothing where it does not within the time. */
  take(name: string): Promise<readonly number[] | undefined> {
    const found = this.finished.get(name);
    if (found !== undefined) return Promise.resolve(found.blocks);
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.timers.delete(timer);
        resolve(undefined);
      }, this.waitMs);
      this.timers.add(timer);
      const tell = ({ blocks }: Finished) => {
        clearTimeout(timer);
        this.timers.delete(timer);
        resolve(blocks);
      };
      this.asking.set(name, [...(this.asking.get(name) ?? []), tell]);
    });
  }

  /** It is on its way, whether decode is still there or not. @returns how many blocks that are */
  sent(name: string): number {
    const found = this.finished.get(name);
    this.finished.delete(name);
    return found !== undefined && this.held.done(found.request) ? found.blocks.length : 0;
  }

  /** Nobody asked in time. */
  expired(request: string): void {
    for (const [name, finished] of this.finished) if (finished.request === request) this.finished.delete(name);
  }

  close(): void {
    for (const timer of this.timers) clearTimeout(timer);
  }
}
