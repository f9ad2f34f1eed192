/** Something that is held until it is given back; giving back twice is harmless. */
export interface Held<T> {
  readonly value: T;
  release(): void;
}

interface Place<T> {
  readonly opening: Promise<Held<T>>;
  users: number;
}

/** Logins that several nodes go through: opened by the first who asks, given back when the last one leaves. */
export class Shared<T> {
  readonly #places = new Map<string, Place<T>>();
  readonly #gone: (value: T) => Promise<unknown>;

  /** @param gone settles when a login is over by itself: who asks next opens another */
  constructor(gone: (value: T) => Promise<unknown>) {
    this.#gone = gone;
  }

  async take(key: string, open: () => Promise<Held<T>>): Promise<Held<T>> {
    let place = this.#places.get(key);
    if (place === undefined) {
      place = { opening: open(), users: 0 };
      this.#places.set(key, place);
      const mine = place;
      const forget = () => this.#forget(key, mine);
      mine.opening.then(({ value }) => void this.#gone(value).then(forget, forget), forget);
    }
    const mine = place;
    mine.users++;
    const held = await mine.opening;
    return once(held.value, () => {
      if (--mine.users > 0) return;
      this.#forget(key, mine);
      held.release();
    });
  }

  /** Unless it is a newer one's place by now. */
  #forget(key: string, place: Place<T>): void {
    if (this.#places.get(key) === place) this.#places.delete(key);
  }
}

export function once<T>(value: T, release: () => void): Held<T> {
  let held = true;
  return {
    value,
    release: () => {
      if (!held) return;
      held = false;
      release();
    },
  };
}
