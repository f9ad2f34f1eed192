import { planRules, rules } from "../../../../src/connectors/lmcache/rules.ts";
import { ruleFixtures } from "../../../rule-fixtures.ts";

ruleFixtures({
  beside: import.meta.url,
  rules: [...planRules, ...rules],
  elsewhere: { M08: "one rule for all: its fixtures are those of ucm" },
});
