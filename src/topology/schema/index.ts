export { topologySchema } from "./json-schema.ts";
export { topologyPage } from "./page.ts";
