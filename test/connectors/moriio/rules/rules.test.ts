import { rules } from "../../../../src/connectors/moriio/rules.ts";
import { ruleFixtures } from "../../../rule-fixtures.ts";

ruleFixtures({ beside: import.meta.url, rules });
