import type { ClusterEvent } from "../../cluster/events.ts";

/** GitHub's workflow command for a finding that is an error or a warning: shown beside the run. */
export function annotation(event: ClusterEvent): string | undefined {
  if (event.type !== "finding" || (event.level !== "error" && event.level !== "warning")) return undefined;
  const { title, where, why, cause, do: remedy = [] } = event.data;
  const [first] = why === undefined ? [] : typeof why === "string" ? [why] : why;
  const body = [where, first, cause, ...remedy].filter((text) => text !== undefined).join("\n");
  return `::${event.level} title=${property(title)}::${message(body === "" ? title : body)}`;
}

const message = (text: string) => text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
const property = (text: string) => message(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
