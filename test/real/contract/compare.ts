import type { Case, Differs } from "./case.ts";
import { type Difference, differences, type Seen } from "./seen.ts";

/** A difference that is declared, with its reason. */
export interface Known extends Difference {
  readonly why: string;
}

export interface Compared {
  readonly known: readonly Known[];
  /** Differences that nobody has declared, and declarations of what is not different. */
  readonly wrong: readonly (Difference | { readonly declaredInVain: Differs })[];
}

/** What was recorded of the real engine against what is seen of the stand-in. */
export function compare({ differs = [] }: Case<never>, real: Seen, standIn: Seen): Compared {
  const found = differences(real, standIn);
  const known = found.flatMap((difference) => {
    const declared = differs.find(({ at }) => covers(at, difference));
    return declared === undefined ? [] : [{ ...difference, why: declared.why }];
  });
  const open = found.filter((difference) => !differs.some(({ at }) => covers(at, difference)));
  const inVain = differs.filter(({ at }) => !found.some((difference) => covers(at, difference)));
  return { known, wrong: [...open, ...inVain.map((declaredInVain) => ({ declaredInVain }))] };
}

/** `at` names the place, one above it, or the beginning of a name ("families.python" all of python's). */
const covers = (at: string, difference: Difference): boolean => difference.at.startsWith(at);
