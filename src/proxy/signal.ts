/** Fires at most once, and then lets go of what listens. An AbortSignal is one; `LetGo` is one at a tenth of its cost. */
export interface Signal {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: "abort", listener: () => void, options?: { readonly once: boolean }): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/**
 * A signal and who fires it, in one. Every request has several, which with EventTarget would be a good part of its work, and one that all requests
 * listen to would be walked through for each of them. Who listens is called once, within the call that fires.
 */
export class LetGo implements Signal {
  aborted = false;
  reason: unknown = undefined;
  /** Most have one listener. */
  #one: (() => void) | undefined = undefined;
  #more: Set<() => void> | undefined = undefined;

  /** Does nothing the second time. */
  abort(reason: unknown): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    const [one, more] = [this.#one, this.#more];
    this.#one = undefined;
    this.#more = undefined;
    one?.();
    if (more) for (const listener of [...more]) listener();
  }

  addEventListener(_: "abort", listener: () => void): void {
    if (this.aborted || this.#one === listener) return;
    if (this.#one === undefined) {
      this.#one = listener;
      return;
    }
    this.#more ??= new Set();
    this.#more.add(listener);
  }

  removeEventListener(_: "abort", listener: () => void): void {
    if (this.#one === listener) this.#one = undefined;
    else this.#more?.delete(listener);
  }
}
