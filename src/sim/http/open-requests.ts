import type { ServerResponse } from "node:http";

/** The answers that are not at their end yet. */
export class OpenRequests {
  private readonly open = new Set<ServerResponse>();
  private readonly waiting: (() => void)[] = [];

  add(res: ServerResponse): void {
    this.open.add(res);
    res.once("close", () => {
      this.open.delete(res);
      if (this.open.size > 0) return;
      for (const resolve of this.waiting.splice(0)) resolve();
    });
  }

  /** Resolves when none is left. */
  none(): Promise<void> {
    return this.open.size === 0 ? Promise.resolve() : new Promise((resolve) => this.waiting.push(resolve));
  }
}
