import { factsRules, modelRules, planRules, rules } from "../../../../src/connectors/mooncake-ascend/rules.ts";
import { ruleFixtures } from "../../../rule-fixtures.ts";

const doctored = "no store can be written yet: changed-topologies.test.ts";
ruleFixtures({
  beside: import.meta.url,
  rules: [...rules, ...planRules, ...modelRules, ...factsRules],
  elsewhere: { A04: doctored, A08: doctored },
});
