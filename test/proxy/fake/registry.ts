/** KV that a prefill engine holds. Source: proxy-protocols.md §2.0. */
export interface Handle {
  readonly id: string;
  readonly engineId: string;
  readonly requestId: string;
  /** The name that the proxy gave the transfer, where it does. */
  readonly transferId: unknown;
  readonly blocks: readonly number[];
  readonly promptKey: string;
  /** The text of kv_transfer_params as prefill wrote it. */
  readonly ticket: string;
  state: "running" | "pinned" | "reading" | "released" | "expired" | "aborted";
  pinnedAt: number;
  dispatches: number;
}

/** What all engines of one fake cluster hold. */
export class Registry {
  readonly handles: Handle[] = [];
  /** Content-addressed blocks of the shared store. */
  readonly stored = new Set<string>();

  add(handle: Omit<Handle, "state" | "pinnedAt" | "dispatches">): Handle {
    const added: Handle = { ...handle, state: "running", pinnedAt: 0, dispatches: 0 };
    this.handles.push(added);
    return added;
  }

  /** @param name the engine's own for the request, or the transfer's */
  find(name: unknown): Handle | undefined {
    return this.handles.find(({ requestId, transferId }) => requestId === name || transferId === name);
  }

  readonly #names = new Set<string>();
  /** A name that one transfer had is no other's: prefill may hold the first one's KV still. */
  *isNew(name: string): Generator<readonly [id: string, detail: string]> {
    if (this.#names.has(name)) yield ["X2", `${name} comes again`];
    this.#names.add(name);
  }

  held(): readonly Handle[] {
    return this.handles.filter(({ state }) => state === "running" || state === "pinned" || state === "reading");
  }

  /** The lease runs out. @returns how many handles nobody had taken */
  expire(): number {
    const left = this.handles.filter(({ state }) => state === "pinned");
    for (const handle of left) handle.state = "expired";
    return left.length;
  }
}
