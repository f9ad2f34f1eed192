import { familyContract, togetherContract } from "../family-contract.ts";

togetherContract("mooncake", "mooncake");
togetherContract("NIXL push", "nixl-push");
togetherContract("MoRI-IO where prefill writes", "moriio-write");
togetherContract("layerwise", "layerwise", {
  "a decode that fails before its first byte gets the request again, prefilled anew, at another if there is one":
    "prefill hears of a request only when decode has called back",
  "a decode that fails twice is the client's to know, in its own words":
    "prefill hears of a request only when decode has called back",
});
familyContract("MoRI-IO where decode reads", "moriio-read", {
  "requests that two legs cannot serve go to decode alone, and say why": "decode by itself would answer nonsense",
  "prompts below pd_min_prompt_tokens go to decode alone": "decode by itself would answer nonsense",
});
