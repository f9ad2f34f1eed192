import type { Endpoint } from "../routing/endpoint.ts";
import { slotName } from "../routing/endpoint.ts";
import { Metrics } from "./metrics.ts";

/** Everything that the proxy counts, by name. Labels: role, target (url), slot, endpoint (the path), route (pd, alone). */
export type Books = ReturnType<typeof openBooks>;

export function openBooks(
  endpoints: readonly Endpoint[],
  { now, serving, waiting }: { now: () => number; serving: () => number; waiting: () => number },
) {
  const metrics = new Metrics();
  metrics.gauge("pdctl_proxy_inflight_requests", "Client requests that are being served.", () => [[{}, serving()]]);
  metrics.gauge("pdctl_proxy_queued_requests", "Client requests that wait for a place.", () => [[{}, waiting()]]);
  metrics.gauge("pdctl_proxy_target_up", "1 when the endpoint answers its health probe.", () =>
    endpoints.map(({ role, url, state }) => [{ role, target: url }, state === "up" ? 1 : 0]),
  );
  const CIRCUIT = { closed: 0, open: 1, half_open: 2 };
  metrics.gauge(
    "pdctl_proxy_target_circuit_state",
    "0: serves; 1: passed over, as half of its legs failed; 2: on trial.",
    () => endpoints.map(({ role, url, circuit }) => [{ role, target: url }, CIRCUIT[circuit.state(now())]]),
  );
  const slots = endpoints.flatMap((endpoint) => endpoint.slots);
  const label = (slot: (typeof slots)[number]) => ({ role: slot.endpoint.role, target: slotName(slot) });
  metrics.gauge("pdctl_proxy_target_inflight", "Legs that a slot is busy with.", () =>
    slots.map((slot) => [label(slot), slot.inFlight]),
  );
  metrics.gauge("pdctl_proxy_target_load_tokens", "Estimated tokens that a slot is busy with.", () =>
    slots.map((slot) => [label(slot), slot.load]),
  );
  metrics.gauge("pdctl_proxy_target_pinned_tokens", "Estimated tokens whose KV prefill holds for decode.", () =>
    slots.map((slot) => [label(slot), slot.pinned]),
  );
  return {
    text: () => metrics.text(),
    requests: metrics.counter("pdctl_proxy_requests_total", "Answers to clients, by endpoint, code and route."),
    seconds: metrics.histogram("pdctl_proxy_request_duration_seconds", "From the request to the end of its answer."),
    firstByte: metrics.histogram("pdctl_proxy_ttft_seconds", "From the request to the first byte of its answer."),
    queueWait: metrics.histogram("pdctl_proxy_queue_wait_seconds", "From the whole request to its place."),
    prefill: metrics.histogram("pdctl_proxy_prefill_duration_seconds", "Prefill legs that answered."),
    legs: metrics.counter("pdctl_proxy_upstream_requests_total", "Answers of engines, by role, target and code."),
    legErrors: metrics.counter(
      "pdctl_proxy_upstream_errors_total",
      "Legs without a whole answer: connect, silent, broken.",
    ),
    retries: metrics.counter("pdctl_proxy_retries_total", "Legs that were sent again."),
    bytes: metrics.counter("pdctl_proxy_relayed_bytes_total", "Bytes of answers relayed from a target to clients."),
    aborts: metrics.counter("pdctl_proxy_aborts_total", "Clients that left, by the stage they left in."),
    abortedLegs: metrics.counter("pdctl_proxy_aborted_legs_total", "Legs that were let go because the client left."),
    rejected: metrics.counter(
      "pdctl_proxy_rejected_total",
      "Requests that the proxy itself refused or failed, by fault.",
    ),
    missingKv: metrics.counter("pdctl_proxy_missing_kv_params_total", "Prefill answers without a ticket for their KV."),
    expiredKv: metrics.counter(
      "pdctl_proxy_kv_hold_expired_total",
      "Decode legs not sent because prefill holds its KV no longer.",
    ),
    releases: metrics.counter(
      "pdctl_proxy_release_dispatches_total",
      "KV of clients that left, fetched by decode so that prefill lets go of it, by result.",
    ),
    alone: metrics.counter("pdctl_proxy_bypass_total", "Requests that went to decode alone, by reason."),
  };
}
