import type { AnyRule, Finding } from "../rule.ts";

/** What the rules say about a subject, not yet placed nor folded. */
export function runRules<Subject>(rules: Iterable<AnyRule<Subject>>, subject: Subject): readonly Finding[] {
  return [...new Set(rules)].flatMap((rule) => findingsOf(rule, subject));
}

function findingsOf<Subject>(rule: AnyRule<Subject>, subject: Subject): readonly Finding[] {
  return [...rule.check(subject)].map(({ at, data, subject: who, level, mark }) => {
    const remedy = rule.remedy(data);
    return {
      code: rule.id,
      level: level ?? rule.level,
      title: rule.message(data),
      at,
      ...(mark !== undefined && { mark }),
      ...(who !== undefined && { subject: who }),
      ...(rule.caret !== undefined && { caret: rule.caret(data) }),
      also: [],
      remedy: typeof remedy === "string" ? [remedy] : remedy,
    };
  });
}
