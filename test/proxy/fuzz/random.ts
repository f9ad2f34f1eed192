/** Chance that is the same for the same seed, case and part of the case, on every machine: what failed can be seen again. */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number, index: number, part = 0) {
    [this.#a, this.#b, this.#c] = [seed | 0, index | 0, (0x9e3779b9 + part) | 0];
    for (let warm = 0; warm < 12; warm++) this.#next();
  }

  /** sfc32. */
  #next(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    return sum >>> 0;
  }

  /** 0 … below 1 */
  real(): number {
    return this.#next() / 0x1_0000_0000;
  }

  /** from … to, both included */
  int(from: number, to: number): number {
    return from + Math.floor(this.real() * (to - from + 1));
  }

  chance(share: number): boolean {
    return this.real() < share;
  }

  pick<T>(from: readonly [T, ...T[]]): T {
    return from[this.int(0, from.length - 1)] ?? from[0];
  }

  many<T>(most: number, make: () => T): T[] {
    return Array.from({ length: this.int(0, most) }, make);
  }

  /** Places in which a text of that length may be cut, in their order. */
  cuts(length: number, most: number): readonly number[] {
    return this.many(most, () => this.int(0, length)).sort((a, b) => a - b);
  }
}
