import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ClusterEvent } from "../../src/cluster/events.ts";
import type { StatusReport } from "../../src/cluster/standing.ts";
import { hosts } from "./lab.ts";
import { pdctl, topologies } from "./pdctl.ts";
import { referenceHosts } from "./reference-hosts.ts";

const events = (stdout: string) =>
  stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as ClusterEvent);

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
      expect(said.at(-1)).toMatchObject({ type: "result", data: { exit: 0, state: "healthy" } });

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
            `first answer ${Math.round(proof.data.latency?.first ?? 0)}ms, ${proof.data.from_prefill} of ${proof.data.prompt_tokens} tokens from prefill\n`,
        );
    },
  );
});
