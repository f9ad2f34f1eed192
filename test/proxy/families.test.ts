import { familyContract } from "./family-contract.ts";

familyContract("relay", "nixl");
familyContract("relay, where prefill must end by length", "mooncake-ascend");
familyContract("shared-store", "ucm");
