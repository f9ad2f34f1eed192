import { z } from "zod";
import { duration, nameUpTo, nodeNames, textThat } from "./words.ts";

const LONGEST_STEP = 24;

/** Shell text with something in it. */
const shell = textThat((text) => text.trim() !== "", "is empty", {
  code: "empty-value",
  remedy: ["a command: mkdir -p /mnt/kv"],
});

/** What a node is told before anything is started on it. */
export const step = z.strictObject({
  name: nameUpTo(LONGEST_STEP),
  run: shell,
  nodes: nodeNames.optional(),
  timeout: duration.default("5m"),
});

export const setup = z.array(step);
