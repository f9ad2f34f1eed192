import type { Ask } from "../engine/ask.ts";
import type { JsonObject } from "../json.ts";
import type { Connector, Finished, Handed, Match } from "./connector.ts";

/** Saves with all, loads with the first that has something, hands over what the first one hands over. Source: launch.md §3.7. */
export class MultiConnector implements Connector {
  private readonly inner: readonly Connector[];

  constructor(inner: readonly Connector[]) {
    this.inner = inner;
  }

  async open(): Promise<void> {
    for (const connector of this.inner) await connector.open();
  }

  close(): void {
    for (const connector of this.inner) connector.close();
  }

  arrived(kvParams: JsonObject): ((end: "aborted" | "over") => void) | undefined {
    const told = this.inner.map((connector) => connector.arrived?.(kvParams)).filter((tell) => tell !== undefined);
    return (end) => {
      for (const tell of told) tell(end);
    };
  }

  async match(ask: Ask, computed: number): Promise<Match | undefined> {
    for (const connector of this.inner) {
      const match = await connector.match(ask, computed);
      if (match !== undefined) return match;
    }
    return undefined;
  }

  async save(ask: Ask, kv: Buffer): Promise<void> {
    for (const connector of this.inner) await connector.save(ask, kv);
  }

  finished(request: Finished): Handed | undefined {
    return this.inner.map((connector) => connector.finished(request)).find((handed) => handed !== undefined);
  }
}
