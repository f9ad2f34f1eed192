import { factsRules } from "../../../src/plan/rules/facts/index.ts";
import { ruleFixtures } from "../../rule-fixtures.ts";

ruleFixtures({ beside: import.meta.url, rules: factsRules });
