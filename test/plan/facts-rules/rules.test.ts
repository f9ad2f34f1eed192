import { factsRules } from "../../../src/plan/facts/rules/index.ts";
import { ruleFixtures } from "../../rule-fixtures.ts";

ruleFixtures({ beside: import.meta.url, rules: factsRules });
