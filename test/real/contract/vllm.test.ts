import { it } from "vitest";
import { lacking } from "../place.ts";
import { asRecorded, hold, recorder } from "./hold.ts";
import { commandLines, ends, moreEnds, pair, ranks } from "./stages.ts";
import { recordedFrom, vllm } from "./vllm.ts";

/** UPDATE_CONTRACT=1 writes the fixtures instead of comparing with them. */
if (lacking !== undefined) it.skip(`real vLLM is what the stand-in is measured by (${lacking})`);
else {
  const held = process.env.UPDATE_CONTRACT === "1" ? recorder(recordedFrom()) : asRecorded;
  hold(pair, () => vllm, held);
  hold(ends, () => vllm, held);
  hold(moreEnds, () => vllm, held);
  hold(ranks, () => vllm, held);
  hold(commandLines, () => vllm, held);
}
