import { ProxyError } from "../errors.ts";
import type { Signal } from "../signal.ts";

export interface AdmissionLimits {
  /** Requests at work at once. */
  readonly most: number;
  /** Requests that may wait for a place, in the order in which they came. */
  readonly queue: number;
  readonly timeoutSeconds: number;
}

interface Waiter {
  /** Takes what the request needs besides a place; false while it is not there. */
  readonly ready: () => boolean;
  readonly go: () => void;
}

/**
 * The bound on requests that engines work for. Who finds no place waits, before the prefill leg and never between the legs: there the
 * KV is held for it. Source: proxy-protocols.md §3.8 R21.
 */
export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #waiting: Waiter[] = [];
  #running = 0;

  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Why a request that comes now is not worth reading. */
  get refusal(): ProxyError | undefined {
    const { most, queue } = this.#limits;
    const isFull = this.#running >= most || this.#waiting.length > 0;
    return isFull && this.#waiting.length >= queue ? new ProxyError("proxy.full", { limit: most, queue }) : undefined;
  }

  /**
   * @param ready asked when there is a place, and again at every `look`, until it is true
   * @returns what gives the place back, once
   * @throws ProxyError proxy.full, proxy.slow; the signal's reason
   */
  async enter(signal: Signal, ready: () => boolean): Promise<() => void> {
    const leave = this.enterNow(signal, ready);
    if (leave) return leave;
    await this.#wait(signal, ready);
    return this.#leaving();
  }

  /** The same for who would not have to wait; undefined: it would. @throws the signal's reason */
  enterNow(signal: Signal, ready: () => boolean): (() => void) | undefined {
    if (signal.aborted) throw signal.reason;
    if (this.#waiting.length > 0 || this.#running >= this.#limits.most || !ready()) return undefined;
    this.#running++;
    return this.#leaving();
  }

  #leaving(): () => void {
    let isInside = true;
    return () => {
      if (!isInside) return;
      isInside = false;
      this.#running--;
      this.look();
    };
  }

  /** Lets in who is first, as long as there is a place and what it waits for. */
  look(): void {
    for (;;) {
      const [first] = this.#waiting;
      if (!first || this.#running >= this.#limits.most || !first.ready()) return;
      this.#waiting.shift();
      this.#running++;
      first.go();
    }
  }

  #wait(signal: Signal, ready: () => boolean): Promise<void> {
    const { timeoutSeconds } = this.#limits;
    const { refusal } = this;
    if (refusal) return Promise.reject(refusal);
    return new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", leave);
      };
      const waiter = {
        ready,
        go: () => {
          end();
          resolve();
        },
      };
      const quit = (reason: unknown) => {
        end();
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        this.look(); // it may have been the one that was not ready
        reject(reason);
      };
      const leave = () => quit(signal.reason);
      const timer = setTimeout(
        () => quit(new ProxyError("proxy.slow", { seconds: timeoutSeconds })),
        timeoutSeconds * 1000,
      );
      signal.addEventListener("abort", leave, { once: true });
      this.#waiting.push(waiter);
    });
  }
}
