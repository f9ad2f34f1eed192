import type { Answer } from "../../families/family.ts";

/** A part whose answer is yet to come. */
export interface Opening {
  readonly open: () => Promise<Answer>;
  /** Lets its engines go. */
  readonly letGo: () => void;
}

class Refused extends Error {
  override readonly name = "Refused";
  readonly answer: Answer;
  constructor(answer: Answer) {
    super("an engine refused a part");
    this.answer = answer;
  }
}

/**
 * Opens the answers to all parts. The first that an engine refuses is the answer to the whole, the first that fails its failure; the others are let
 * go. A part waits while there is no room for it and another of them is still being opened.
 */
export async function openAll<Part extends Opening>(
  parts: readonly Part[],
  isFull: () => boolean,
): Promise<{ readonly all: readonly (readonly [Part, Answer])[] } | { readonly refused: Answer }> {
  const opened: (Answer | undefined)[] = [];
  const turns = new Turns(isFull);
  let isOver = false;
  const open = async (part: Part, index: number): Promise<readonly [Part, Answer]> => {
    const answer = await turns.take(() => part.open());
    if (isOver) answer.drop();
    else opened[index] = answer;
    if (answer.status !== 200) throw new Refused(answer);
    return [part, answer];
  };
  try {
    return { all: await Promise.all(parts.map(open)) };
  } catch (error) {
    isOver = true;
    const refused = error instanceof Refused ? error.answer : undefined;
    for (const [index, { letGo }] of parts.entries()) if (!refused || opened[index] !== refused) letGo();
    if (!refused) throw error;
    return { refused };
  }
}

/** Lets parts begin as there is room, and one at a time where there is none. */
class Turns {
  readonly #isFull: () => boolean;
  #running = 0;
  #waiting: (() => void)[] = [];

  constructor(isFull: () => boolean) {
    this.#isFull = isFull;
  }

  async take<T>(run: () => Promise<T>): Promise<T> {
    while (this.#isFull() && this.#running > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#running++;
    try {
      return await run();
    } finally {
      this.#running--;
      for (const go of this.#waiting.splice(0)) go();
    }
  }
}
