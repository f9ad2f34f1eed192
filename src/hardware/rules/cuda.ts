import type { JudgedTopology } from "../../plan/facts/judged.ts";
import type { Rule } from "../../topology/rule.ts";
import { faulty } from "./unfit.ts";

/** C15: a GPU that is cut up, or closed to a second process, is not the device that the plan counts on. Source: launch.md §5.2. */
export const c15: Rule<JudgedTopology, { node: string; device: string; fault: string }> = {
  id: "C15",
  level: "error",
  *check(judged) {
    for (const { at, node, device, fault } of faulty(judged, "cuda"))
      yield { at, subject: `${device} on ${node}`, data: { node, device, fault } };
  },
  message: ({ node, device, fault }) => `${node} device ${device}: ${fault}`,
  remedy: ({ device, node }) => [`nvidia-smi -i ${device} -mig 0, or -c DEFAULT, on ${node}`, "or devices: without it"],
};
