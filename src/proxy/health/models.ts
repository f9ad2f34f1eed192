import type { Endpoint } from "../routing/endpoint.ts";

/** The id that an answer of /v1/models names first; none where it does not tell, as where a key is asked for. */
export function modelIn(status: number, body: Buffer): string | undefined {
  if (status !== 200) return undefined;
  try {
    const { data } = JSON.parse(body.toString()) as { data?: unknown };
    const first: unknown = Array.isArray(data) ? data[0] : undefined;
    const id = typeof first === "object" && first !== null && "id" in first ? first.id : undefined;
    return typeof id === "string" ? id : undefined;
  } catch {
    return undefined; // not JSON: whatever it is, it names no model
  }
}

/** The model of a proxy without a word of its own about it: what most endpoints serve, of two the one that is listed first. */
export function servedBy(endpoints: readonly Endpoint[]): string | undefined {
  const counts = new Map<string, number>();
  for (const { model } of endpoints) if (model !== undefined) counts.set(model, (counts.get(model) ?? 0) + 1);
  const most = Math.max(0, ...counts.values());
  return [...counts].find(([, count]) => count === most)?.[0];
}

/** Takes those out that serve another model than the rest, and lets those in that do no more. */
export function judge(endpoints: readonly Endpoint[], wished: string | undefined): void {
  const others = wished ?? servedBy(endpoints);
  for (const endpoint of endpoints) {
    const { model } = endpoint;
    const differs = model !== undefined && others !== undefined && model !== others;
    endpoint.misfit = differs ? { serves: model, others } : undefined;
  }
}
