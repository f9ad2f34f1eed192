/** Two counts over the last so many seconds, in steps of one second. */
export class Rolling {
  readonly #seconds: { second: number; all: number; marked: number }[];

  constructor(seconds: number) {
    this.#seconds = Array.from({ length: seconds }, () => ({ second: -1, all: 0, marked: 0 }));
  }

  /** @param now milliseconds of a clock that never jumps */
  add(now: number, { all = 0, marked = 0 }: { all?: number; marked?: number }): void {
    const second = Math.floor(now / 1000);
    const at = second % this.#seconds.length;
    const found = this.#seconds[at];
    const row = found?.second === second ? found : { second, all: 0, marked: 0 };
    this.#seconds[at] = { second, all: row.all + all, marked: row.marked + marked };
  }

  sum(now: number): { all: number; marked: number } {
    const after = Math.floor(now / 1000) - this.#seconds.length;
    const recent = this.#seconds.filter(({ second }) => second > after);
    return {
      all: recent.reduce((total, row) => total + row.all, 0),
      marked: recent.reduce((total, row) => total + row.marked, 0),
    };
  }

  clear(): void {
    for (const at of this.#seconds.keys()) this.#seconds[at] = { second: -1, all: 0, marked: 0 };
  }
}
