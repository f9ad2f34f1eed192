import { expect, it } from "vitest";
import type { EventBody } from "../../src/cluster/events.ts";
import { ending } from "../../src/report/ending/ending.ts";
import { checkTable } from "../../src/report/tables/check-table.ts";
import { Story, screen } from "./story.ts";

const all = ["a2-1", "a2-2", "a2-3", "a2-4"];
const row = (check: string, code: string | undefined, subjects: readonly string[], title: string): EventBody => ({
  type: "finding",
  phase: "check",
  level: "info",
  ...(code !== undefined && { code }),
  data: { check, title, subjects },
});

it("the user reads what speaks against the plan first, what can be fixed, and every check that passed", () => {
  const memlock = (node: string): EventBody => ({
    ...row("memlock", "C02", [node], "64.0 MiB; RDMA wants it unlimited"),
    type: "finding",
    level: "warning",
    data: { check: "memlock", title: "64.0 MiB; RDMA wants it unlimited", subjects: [node], fix: true },
  });
  const story = new Story().at(
    "10:00:00",
    row("login", undefined, all, "bash 5.2, user ops, 38ms"),
    row("clock", "C12", all, "within 40ms"),
    row("interface", "S06", all, "enp67s0f5 owns the ip"),
    row("devices", "P05", all, "8 × Ascend 910B3, 61.0 GiB"),
    row("ports", "N12", all, "45 free"),
    row("paths", "N13", all, "12 of 12 between nodes"),
    row("model", "M02", all, "94 layers, 64 heads, 4 KV heads, moe; same digest"),
    row("software", "M12", all, "vllm, vllm-ascend 0.32.0; mooncake 0.3.9; ucm on a2-[1-2]"),
    row("shared mount", "U09", all.slice(0, 2), "/mnt/test1: nfs4 from 192.168.10.9:/ucm, a file crossed in 0.2s"),
    {
      type: "finding",
      phase: "check",
      level: "note",
      code: "N04",
      data: {
        check: "ephemeral ports",
        title: "50088 (mooncake-master) is in 32768-60999",
        subjects: ["a2-1"],
        fix: true,
      },
    },
    ...all.map(memlock),
    {
      type: "finding",
      phase: "check",
      level: "error",
      code: "C13",
      data: {
        check: "devices free",
        title: "device 5: 28.1 GiB held by python3 (pid 31877, user wu)",
        subjects: ["a2-2"],
        do: ["end it"],
      },
    },
    {
      type: "result",
      level: "error",
      data: {
        verb: "check",
        exit: 8,
        state: "unknown",
        seconds: 3.8,
        verdict: "check: 1 error, 1 warning, 1 note, 9 passed on 4 nodes",
        next: ["pdctl check --fix"],
        nextWhy: { "pdctl check --fix": "2 of 3 can be fixed" },
      },
    },
  );
  const state = story.told("check");
  const shown = [...checkTable(state.findings), ...ending(state, { cards: true })];
  expect(shown.map((line) => line.replace(/ · exit 8$/, ""))).toEqual(screen("check"));
});
