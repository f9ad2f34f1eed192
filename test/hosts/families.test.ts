import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { ClusterEvent } from "../../src/cluster/events.ts";
import { hosts } from "./lab.ts";
import { pdctl } from "./pdctl.ts";
import { referenceHosts } from "./reference-hosts.ts";
import type { HostSpec, LabOptions } from "./spec.ts";

const variant = (name: string) => fileURLToPath(new URL(`../golden/variants/${name}.yaml`, import.meta.url));
const like = (name: string) => referenceHosts[name] ?? { hosts: [], options: {} };

interface Machines {
  readonly hosts: readonly HostSpec[];
  readonly options: LabOptions;
}

/** One for each protocol whose legs run at once, or decode first, with ranks on several hosts. */
const machines: Readonly<Record<string, Machines>> = {
  "mooncake-bundled": {
    hosts: [0, 1].map((index) => ({ name: `n${index}`, ip: `10.0.5.1${index}` })),
    options: { directories: ["/models/DeepSeek-V2-Lite"] },
  },
  "moriio-bundled": like("mi300x-llama-nixl.yaml"),
  "ascend-layerwise-bundled": like("ascend-moe-mooncake.yaml"),
  "nixl-push": like("gb200-deepseek-nixl.yaml"),
};

describe("a plan's proxy speaks to the engines that the same plan starts", () => {
  it.each(Object.entries(machines))(
    "%s: every prefill and every decode is covered, and its KV crosses",
    async (name, { hosts: specs, options }) => {
      await using lab = await hosts(specs, options);
      const up = await pdctl(["up", variant(name), "--rehearse", "--keep", "--require-evidence", "--ndjson"]);
      expect(up.code, up.stdout.slice(-6000)).toBe(0);
      const said = up.stdout
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as ClusterEvent);
      const proof = said.find((event) => event.type === "proof");
      expect(proof?.data).toMatchObject({ evidence: "counter", uncovered: [] });
      expect(proof?.data.from_prefill).toBeGreaterThan(0);
      expect((await pdctl(["down", variant(name)])).code).toBe(0);
      expect(lab.leftovers()).toEqual([]);
    },
  );
});
