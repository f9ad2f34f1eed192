import { topologyRules } from "../../../src/topology/rules/index.ts";
import { modelRules } from "../../../src/topology/rules/model-config.ts";
import { ruleFixtures } from "../../rule-fixtures.ts";

ruleFixtures({ beside: import.meta.url, rules: [...topologyRules, ...modelRules], alsoCodes: ["S04", "S05", "S07"] });
