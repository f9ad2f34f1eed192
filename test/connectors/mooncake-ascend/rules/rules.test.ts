import { modelRules, planRules, rules } from "../../../../src/connectors/mooncake-ascend/rules.ts";
import { ruleFixtures } from "../../../rule-fixtures.ts";

ruleFixtures({ beside: import.meta.url, rules: [...rules, ...planRules, ...modelRules] });
