import { hardware } from "../../../src/hardware/index.ts";
import { ruleFixtures } from "../../rule-fixtures.ts";

const all = [...hardware.values()].flatMap(({ rules, factsRules = [] }) => [...rules, ...factsRules]);
ruleFixtures({ beside: import.meta.url, rules: all });
