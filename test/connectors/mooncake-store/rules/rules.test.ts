import { factsRules, planRules, rules } from "../../../../src/connectors/mooncake-store/rules.ts";
import { ruleFixtures } from "../../../rule-fixtures.ts";

ruleFixtures({
  beside: import.meta.url,
  rules: [...factsRules, ...planRules, ...rules],
  elsewhere: {
    M08: "one rule for all: its fixtures are those of ucm",
    N11: "one rule for all: its fixtures are those of mooncake-ascend",
    A08: "one rule for all: its fixtures are those of ascend-store",
  },
});
