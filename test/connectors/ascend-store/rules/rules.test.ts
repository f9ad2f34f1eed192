import { factsRules, planRules, rules } from "../../../../src/connectors/ascend-store/rules.ts";
import { ruleFixtures } from "../../../rule-fixtures.ts";

ruleFixtures({
  beside: import.meta.url,
  rules: [...factsRules, ...planRules, ...rules],
  elsewhere: {
    A12: "one rule for all: its fixtures are those of lmcache",
    M08: "one rule for all: its fixtures are those of ucm",
    N11: "one rule for all: its fixtures are those of mooncake-ascend",
  },
});
