import { argumentRules } from "../../../src/plan/rules/arguments.ts";
import { planRules } from "../../../src/plan/rules/index.ts";
import { ruleFixtures } from "../../rule-fixtures.ts";

const doctored = "pdctl's own ports cannot meet: changed-plans.test.ts";
ruleFixtures({
  beside: import.meta.url,
  rules: [...planRules, ...argumentRules],
  elsewhere: { N05: doctored, N10: doctored, M03: "one name is written for all: changed-plans.test.ts" },
});
