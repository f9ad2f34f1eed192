import { sha256 } from "../files.ts";
import { planHash, serviceHash } from "../hash.ts";
import type { Plan, Service } from "../plan.ts";
import { planShape } from "./shape.ts";

/**
 * Reads a plan that was written before. Every hash in it is worked out again: what was changed after it was written is not what was reviewed.
 * @returns the plan, or in one line why it is none
 */
export function readPlan(text: string): Plan | { readonly error: string } {
  const json = parsed(text);
  if (json === undefined) return { error: "it is no JSON" };
  if (!isRecord(json) || typeof json.schema !== "string" || !json.schema.startsWith("pdctl.plan/"))
    return { error: "it is no plan: pdctl plan -o FILE writes one" };
  if (json.schema !== "pdctl.plan/1")
    return { error: `it is of ${json.schema}, and this pdctl reads pdctl.plan/1: write it again` };
  const read = planShape.safeParse(json);
  if (!read.success) {
    const [issue] = read.error.issues;
    return {
      error: `${issue === undefined || issue.path.length === 0 ? "the plan" : issue.path.join(".")}: ${issue?.message ?? "not as written"}`,
    };
  }
  const altered = read.data.services.map(alteration).find((what) => what !== undefined);
  if (altered !== undefined) return { error: altered };
  if (planHash(read.data.services, read.data.setup) !== read.data.hash)
    return { error: "its services or setup steps are not those that its hash was made of" };
  return read.data;
}

/** What of a service does not hold against its own digests. */
function alteration(service: Service): string | undefined {
  const file = service.files.find((one) => "content" in one && sha256(one.content) !== one.sha256);
  if (file !== undefined) return `${file.name} of ${service.id} was changed after the plan was written`;
  return serviceHash(service) === service.hash ? undefined : `${service.id} was changed after the plan was written`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // whatever the parser stumbled over, it is no plan
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
