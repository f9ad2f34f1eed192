import { grouped } from "../../../once.ts";
import type { Rule } from "../../../topology/rule.ts";
import { imageKey } from "../../lists/images.ts";
import type { PlanImage } from "../../plan.ts";
import type { Judged } from "../judged.ts";
import { answers, nodePath } from "./answers.ts";

/** C16: nobody is to pull it, and it is not there. A tool that does not answer has told nothing. */
export const c16: Rule<Judged, PlanImage> = {
  id: "C16",
  level: "error",
  *check(judged) {
    const images = grouped(judged.plan.images ?? [], ({ node }) => node);
    for (const { node, said } of answers(judged))
      for (const image of images.get(node.name) ?? [])
        if (image.pull === "never" && said.images?.[imageKey(image)] === null)
          yield { at: nodePath(judged.topology, node.name), subject: node.name, data: image };
  },
  message: ({ node, image }) => `image ${image} is not on ${node}, and runtime.pull is never`,
  remedy: ({ tool, node, image }) =>
    `${tool} save ${image} where it is and ${tool} load on ${node}, or engine.runtime.pull: missing`,
};
