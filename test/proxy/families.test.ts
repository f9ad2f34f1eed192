import { familyContract } from "./family-contract.ts";

familyContract("relay", "nixl");
familyContract("relay, where prefill must end by length", "mooncake-ascend");
familyContract("shared-store", "ucm", {
  "several prompts are answered each from KV of its own, as one answer":
    "one pair of legs serves them, see rewrite/split.test.ts",
});
