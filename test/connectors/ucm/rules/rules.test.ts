import { factsRules, planRules, rules } from "../../../../src/connectors/ucm/rules.ts";
import { ruleFixtures } from "../../../rule-fixtures.ts";

const doctored = "the plan makes the prompt longer than a block: changed-plans.test.ts";
ruleFixtures({ beside: import.meta.url, rules: [...rules, ...planRules, ...factsRules], elsewhere: { U13: doctored } });
