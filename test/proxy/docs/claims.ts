/** The rows of the comparison in docs/proxy.md that pdctl fills, and words of the title of the test that would fail if what stands there were not so. */
export const claims: Readonly<Record<string, string>> = {
  "the client's body reaches the engines": "a streamed chat with every field set reaches decode byte for byte",
  "prefill's ticket": "every other byte of the ticket is prefill's",
  "the client's `Authorization`": "both legs carry one id, the client's key and trace",
  "the client's request id": "both legs carry one id",
  "several prompts, `n` above 1": "a list of prompts is a pair of legs for each",
  "prefill hands out no ticket": "prefill without a ticket is an error that names it, never a silent decode alone",
  "decode fails before its first byte": "a decode that fails before its first byte gets the request again",
  "prefill fails": "a prefill that is busy or closes the connection gives way",
  "an engine closes an idle connection under a request":
    "an engine that closes an idle connection under a request is not the client's problem",
  "a stream that breaks": "a stream that breaks ends with an error event and is not whole",
  "the client leaves during prefill": "a client that leaves during prefill frees it at once",
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
