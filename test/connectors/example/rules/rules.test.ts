import { rules } from "../../../../src/connectors/example/rules.ts";
import { ruleFixtures } from "../../../rule-fixtures.ts";

ruleFixtures({ beside: import.meta.url, rules });
