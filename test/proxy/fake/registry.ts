/** KV that a prefill engine holds. Source: proxy-protocols.md §2.0. */
export interface Handle {
  readonly id: string;
  readonly engineId: string;
  readonly requestId: string;
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

  find(remoteRequestId: unknown): Handle | undefined {
    return this.handles.find(({ requestId }) => requestId === remoteRequestId);
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
