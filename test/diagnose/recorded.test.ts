import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { causesOf, diagnose } from "../../src/diagnose/index.ts";

// What vLLM 0.32 wrote when it was started with one thing wrong, without its INFO lines, and what docker 20.10 and podman 4.3 did. `PDCTL_RECORD=1 npm run test:real -- startup`
// writes those of vLLM again, UPDATE_EXPECTED=1 what pdctl makes of them.
const home = new URL("recorded/", import.meta.url);
const read = (name: string) => readFileSync(new URL(name, home), "utf8");
const logs = readdirSync(home).filter((name) => name.endsWith(".log"));

/** The lines of a card that come from the log. */
function told(log: string): string {
  const lines = log.split("\n").filter((line) => line !== "");
  const death = { service: "prefill-0-0", group: "prefill-0", exit: 1, signal: null, atMs: 1, log: lines };
  const found = diagnose([death], causesOf(["cpu", "nixl"]));
  return [
    ...(found?.why ?? []).map((line) => `why    ${line}`),
    `cause  ${found?.cause === undefined ? "not known to pdctl" : `${found.cause.says} [${found.cause.id}]`}`,
    ...(found?.cause?.remedy ?? []).map((line) => `do     ${line}`),
    "",
  ].join("\n");
}

describe("a start of the real vLLM that fails has its own first words on the card, its cause, and the key that mends it", () => {
  it.each(logs)("%s", (name) => {
    const file = name.replace(/log$/, "expected");
    const text = told(read(name));
    if (process.env.UPDATE_EXPECTED !== undefined) writeFileSync(new URL(file, home), text);
    expect(text).toBe(read(file));
    expect(text).not.toContain("not known to pdctl");
  });
});
