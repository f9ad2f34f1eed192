import { topologyRules } from "../../../src/topology/rules/index.ts";
import { ruleFixtures } from "../../rule-fixtures.ts";

ruleFixtures({ beside: import.meta.url, rules: topologyRules, alsoCodes: ["S04", "S05", "S07"] });
