/** The rows of the comparison in docs/proxy.md that pdctl fills, and words of the title of the test that would fail if what stands there were not so. */
export const claims: Readonly<Record<string, string>> = {
  "several prompts, `n` above 1": "a list of prompts is a pair of legs for each",
  "KV of a client that left between the legs": "does not leave the KV behind: decode fetches it",
  "decode is chosen": "a decode engine that refuses the connection leaves the ticket good for another",
  "load of decode": "least_loaded takes the slot with the fewest tokens",
  "a limit on what is in flight": "so many run, so many wait in their order, and the next one is refused",
  "short prompts to decode alone": "prompts below pd_min_prompt_tokens go to decode alone",
  "endpoints that fail are passed over": "a prefill that is well and fails half of what it gets is passed over",
  "endpoints come and go": "a decode that leaves gets nothing new, ends what it has",
  "ranks behind one URL": "round robin uses every rank evenly",
  "`cached_tokens` is prefill's":
    "an answer tells how much of the prompt prefill had cached, and every other byte is decode's",
  "decode gives a request back (Ascend)":
    "a completion that decode gives back is prefilled again with what it said, and the client reads one answer",
  "metrics, traces": "a request is one span under its client's",
  "TLS and keys in front": "clients speak TLS to it",
};
