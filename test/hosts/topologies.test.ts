import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ClusterEvent } from "../../src/cluster/events.ts";
import type { StatusReport } from "../../src/cluster/standing/standing.ts";
import { hosts } from "./lab.ts";
import { pdctl, topologies } from "./pdctl.ts";
import { referenceHosts } from "./reference-hosts.ts";

const events = (stdout: string) =>
  stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as ClusterEvent);

/** A streamed completion of a client, through the proxy's own address. */
async function stream(result: ClusterEvent | undefined): Promise<{ events: string[]; ttftMs: number }> {
  if (result?.type !== "result") throw new Error("a run ends with its result");
  const { serve, model } = result.data;
  const began = performance.now();
  const body = JSON.stringify({ model, prompt: "one two three four", max_tokens: 16, stream: true });
  const reply = await fetch(`${serve}/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
  });
  let [text, ttftMs] = ["", 0];
  for await (const chunk of reply.body ?? []) {
    ttftMs ||= performance.now() - began;
    text += Buffer.from(chunk).toString();
  }
  return { events: text.split("\n\n").filter((event) => event !== ""), ttftMs };
}

describe("every reference topology, verbatim, on hosts of its own", () => {
  it.each(Object.entries(referenceHosts))(
    "%s comes up, its KV crosses, nothing is left to do in between, and it goes without a trace",
    async (name, { hosts: specs, options }) => {
      const file = join(topologies, name);
      await using lab = await hosts(specs, options);

      const up = await pdctl(["up", file, "--rehearse", "--keep", "--require-evidence", "--ndjson"]);
      expect(up.stderr).toBe("");
      expect(up.code, up.stdout.slice(-6000)).toBe(0);
      const said = events(up.stdout);
      const proof = said.find((event) => event.type === "proof");
      expect(proof?.data).toMatchObject({ evidence: "counter", same_answer: true, uncovered: [] });
      expect(proof?.data.from_prefill).toBeGreaterThan(0);
      const [open, all] = proof?.data.paths ?? [];
      expect(open, "paths prefill → decode").toBe(all);
      expect(all).toBeGreaterThan(0);
      expect(said.at(-1)).toMatchObject({ type: "result", data: { exit: 0, state: "healthy" } });

      const streamed = await stream(said.at(-1));
      expect(streamed.events.at(-1)).toBe("data: [DONE]");
      expect(streamed.events.length).toBeGreaterThan(8);

      const status = await pdctl(["status", file, "--json"]);
      expect(status.code).toBe(0);
      const report = (JSON.parse(status.stdout) as { report?: StatusReport } & StatusReport) ?? {};
      expect(report).toMatchObject({ state: "healthy" });

      const changes = await pdctl(["plan", file, "--rehearse", "--changes"]);
      expect(changes.stdout).toMatch(/^✔ nothing to do: (\d+) of \1 services run as planned/);

      const down = await pdctl(["down", file]);
      expect(down.code).toBe(0);
      expect(lab.leftovers()).toEqual([]);
      const start = said.find((event) => event.type === "start");
      const result = said.at(-1);
      if (start?.type === "start" && proof?.type === "proof" && result?.type === "result")
        process.stderr.write(
          `  ${name}: ${start.data.nodes} hosts, ${start.data.services} services, up in ${result.data.seconds.toFixed(1)}s, ` +
            `first token of a stream after ${Math.round(streamed.ttftMs)}ms, ${proof.data.from_prefill} of ${proof.data.prompt_tokens} tokens from prefill\n`,
        );
    },
  );
});
