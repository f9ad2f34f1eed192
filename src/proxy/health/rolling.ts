interface Second {
  second: number;
  all: number;
  marked: number;
}

/** Two counts over the last so many seconds, in steps of one second. Every leg adds to one and asks for its sum, so both are a few additions. */
export class Rolling {
  readonly #seconds: readonly Second[];
  #latest = Number.NEGATIVE_INFINITY;
  #all = 0;
  #marked = 0;

  constructor(seconds: number) {
    this.#seconds = Array.from({ length: seconds }, () => ({ second: -1, all: 0, marked: 0 }));
  }

  /** @param now milliseconds of a clock that never jumps */
  add(now: number, { all = 0, marked = 0 }: { all?: number; marked?: number }): void {
    const second = Math.floor(now / 1000);
    this.#forgetBefore(second);
    const row = this.#seconds[second % this.#seconds.length];
    if (!row) return;
    row.second = second;
    row.all += all;
    row.marked += marked;
    this.#all += all;
    this.#marked += marked;
  }

  sum(now: number): { all: number; marked: number } {
    this.#forgetBefore(Math.floor(now / 1000));
    return { all: this.#all, marked: this.#marked };
  }

  clear(): void {
    for (const row of this.#seconds) this.#forget(row);
  }

  /** What is too old at this second; looked at once in every second. */
  #forgetBefore(second: number): void {
    if (second === this.#latest) return;
    this.#latest = second;
    const oldest = second - this.#seconds.length + 1;
    for (const row of this.#seconds) if (row.second < oldest) this.#forget(row);
  }

  #forget(row: Second): void {
    this.#all -= row.all;
    this.#marked -= row.marked;
    row.second = -1;
    row.all = 0;
    row.marked = 0;
  }
}
