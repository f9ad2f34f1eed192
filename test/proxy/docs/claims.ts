interface Claim {
  /** Below test/proxy. */
  readonly file: string;
  /** Of its title. */
  readonly test: string;
}

/** The rows of the comparison in docs/proxy.md that pdctl fills, and the test that would fail if what stands there were not so. */
export const claims: Readonly<Record<string, Claim>> = {
  "the client's body reaches the engines": {
    file: "contract/requests.ts",
    test: "a streamed chat with every field set reaches decode byte for byte",
  },
  "prefill's ticket": {
    file: "rewrite/remote-host.test.ts",
    test: "every other byte of the ticket is prefill's",
  },
  "the client's `Authorization`": {
    file: "contract/requests.ts",
    test: "both legs carry one id, the client's key and trace",
  },
  "the client's request id": { file: "contract/requests.ts", test: "both legs carry one id" },
  "several prompts, `n` above 1": {
    file: "rewrite/split.test.ts",
    test: "a list of prompts is a pair of legs for each",
  },
  "prefill hands out no ticket": {
    file: "relay.test.ts",
    test: "prefill without a ticket is an error that names it, never a silent decode alone",
  },
  "decode fails before its first byte": {
    file: "contract/retries.ts",
    test: "a decode that fails before its first byte gets the request again",
  },
  "prefill fails": { file: "contract/retries.ts", test: "a prefill that is busy or closes the connection gives way" },
  "an engine closes an idle connection under a request": {
    file: "contract/routing.ts",
    test: "an engine that closes an idle connection under a request is not the client's problem",
  },
  "a stream that breaks": {
    file: "contract/breaks.ts",
    test: "a stream that breaks ends with an error event and is not whole",
  },
  "the client leaves during prefill": {
    file: "contract/breaks.ts",
    test: "a client that leaves during prefill frees it at once",
  },
  "KV of a client that left between the legs": {
    file: "leaving.test.ts",
    test: "does not leave the KV behind: decode fetches it",
  },
  "decode is chosen": {
    file: "relay.test.ts",
    test: "a decode engine that refuses the connection leaves the ticket good for another",
  },
  "load of decode": {
    file: "routing.test.ts",
    test: "least_loaded takes the slot with the fewest tokens",
  },
  "a limit on what is in flight": {
    file: "admission.test.ts",
    test: "so many run, so many wait in their order, and the next one is refused",
  },
  "short prompts to decode alone": {
    file: "contract/routing.ts",
    test: "prompts below pd_min_prompt_tokens go to decode alone",
  },
  "endpoints that fail are passed over": {
    file: "circuit.test.ts",
    test: "a prefill that is well and fails half of what it gets is passed over",
  },
  "endpoints come and go": {
    file: "admin/instances.test.ts",
    test: "a decode that leaves gets nothing new, ends what it has",
  },
  "ranks behind one URL": {
    file: "contract/routing.ts",
    test: "round robin uses every rank evenly",
  },
  "`cached_tokens` is prefill's": {
    file: "rewrite/cached-tokens.test.ts",
    test: "an answer tells how much of the prompt prefill had cached, and every other byte is decode's",
  },
  "decode gives a request back (Ascend)": {
    file: "rewrite/recompute.test.ts",
    test: "a completion that decode gives back is prefilled again with what it said, and the client reads one answer",
  },
  "metrics, traces": { file: "trace/tracing.test.ts", test: "a request is one span under its client's" },
  "TLS and keys in front": { file: "front/tls.test.ts", test: "clients speak TLS to it" },
};
