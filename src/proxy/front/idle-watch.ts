/** An answer on its way to a client. */
export interface Watched {
  /** Bytes that have come so far. */
  readonly bytes: () => number;
  /** The client has yet to take what came: its engine is held back, and not silent. */
  readonly isHeldBack: () => boolean;
  readonly onSilent: () => void;
}

const LOOKS = 4; // within one idle time: silence is noticed a quarter late at most

/**
 * Breaks off answers whose engine has sent nothing for too long. It looks at them from time to time, all together, so that a byte costs nothing.
 * Source: proxy-protocols.md §3.0.
 */
export class IdleWatch {
  readonly seconds: number;
  readonly #open = new Map<Watched, { bytes: number; looks: number }>();
  #timer: NodeJS.Timeout | undefined;

  constructor(seconds: number) {
    this.seconds = seconds;
  }

  /** @returns ends it */
  watch(answer: Watched): () => void {
    this.#open.set(answer, { bytes: answer.bytes(), looks: 0 });
    this.#timer ??= setInterval(() => this.#look(), (this.seconds * 1000) / LOOKS);
    return () => {
      this.#open.delete(answer);
      if (this.#open.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }

  #look(): void {
    for (const [answer, seen] of [...this.#open]) {
      const bytes = answer.bytes();
      if (bytes !== seen.bytes || answer.isHeldBack()) [seen.bytes, seen.looks] = [bytes, 0];
      else if (++seen.looks > LOOKS) answer.onSilent();
    }
  }
}
