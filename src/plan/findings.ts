import type { AnyRule, Finding } from "../topology/rule.ts";
import { runRules } from "../topology/run-rules.ts";

/** What the rules say, in the order of their places, so that the same plan gives the same list. */
export function findings<Subject>(rules: readonly AnyRule<Subject>[], subject: Subject): readonly Finding[] {
  return runRules(rules, subject).toSorted((a, b) => compare(place(a), place(b)));
}

const place = ({ at, code, subject = "" }: Finding) => [...at, code, subject].join("\0");
const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
