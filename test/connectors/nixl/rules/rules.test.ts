import { factsRules, modelRules, planRules, rules } from "../../../../src/connectors/nixl/rules.ts";
import { ruleFixtures } from "../../../rule-fixtures.ts";

const doctored = "the side-channel host is always the node's ip: changed-plans.test.ts";
ruleFixtures({
  beside: import.meta.url,
  rules: [...rules, ...planRules, ...modelRules, ...factsRules],
  elsewhere: { X09: doctored },
});
