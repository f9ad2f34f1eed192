import type { Policy, Role } from "../config.ts";
import type { Endpoint, Slot } from "../routing/endpoint.ts";
import type { Metrics } from "./metrics.ts";

export type Policies = Readonly<Record<Role, Policy>>;

interface EnginesAsk {
  readonly endpoints: () => readonly Endpoint[];
  readonly now: () => number;
  readonly policies: Policies;
}

const CIRCUIT = { closed: 0, open: 1, half_open: 2 };
const OF_ENDPOINT = ["role", "target"] as const;
const OF_SLOT = ["role", "target", "rank"] as const;

/**
 * What is known of the engines at a scrape. The label is `target`, not `instance`: Prometheus gives that one to what it scrapes, and would
 * rename ours.
 */
export function engineGauges(metrics: Metrics, { endpoints, now, policies }: EnginesAsk): void {
  metrics.gauge(
    "pdctl_proxy_instance_up",
    "1 when the endpoint answers its health probe.",
    () => endpoints().map((endpoint) => [ofEndpoint(endpoint), endpoint.state === "up" ? 1 : 0]),
    OF_ENDPOINT,
  );
  metrics.gauge(
    "pdctl_proxy_instance_leaving",
    "1 when the endpoint gets no requests any more and ends what it has.",
    () => endpoints().map((endpoint) => [ofEndpoint(endpoint), endpoint.presence === "leaves" ? 1 : 0]),
    OF_ENDPOINT,
  );
  metrics.gauge(
    "pdctl_proxy_instance_other_model",
    "1 when the endpoint serves another model than the rest, and gets no requests.",
    () => endpoints().map((endpoint) => [ofEndpoint(endpoint), endpoint.misfit ? 1 : 0]),
    OF_ENDPOINT,
  );
  metrics.gauge(
    "pdctl_proxy_instance_circuit_state",
    "0: serves; 1: passed over, as half of its legs failed; 2: on trial.",
    () => endpoints().map((endpoint) => [ofEndpoint(endpoint), CIRCUIT[endpoint.circuit.state(now())]]),
    OF_ENDPOINT,
  );
  const slots = () => endpoints().flatMap((endpoint) => endpoint.slots);
  metrics.gauge(
    "pdctl_proxy_instance_inflight",
    "Legs that it is busy with.",
    () => slots().map((slot) => [ofSlot(slot), slot.inFlight]),
    OF_SLOT,
  );
  metrics.gauge(
    "pdctl_proxy_instance_load_tokens",
    "Estimated tokens that it is busy with.",
    () => slots().map((slot) => [ofSlot(slot), slot.load]),
    OF_SLOT,
  );
  metrics.gauge(
    "pdctl_proxy_instance_pinned_tokens",
    "Estimated tokens whose KV prefill holds for decode.",
    () => slots().flatMap((slot) => (slot.endpoint.role === "prefill" ? [[ofSlot(slot), slot.pinned]] : [])),
    OF_SLOT,
  );
  metrics.counted(
    "pdctl_proxy_policy_decisions_total",
    "Legs that a policy gave it.",
    () => slots().map((slot) => [{ policy: policies[slot.endpoint.role], ...ofSlot(slot) }, slot.picks]),
    ["policy", ...OF_SLOT],
  );
}

const ofEndpoint = ({ role, url }: Endpoint) => ({ role, target: url });
const ofSlot = ({ endpoint, index }: Slot) => ({ ...ofEndpoint(endpoint), rank: index });
