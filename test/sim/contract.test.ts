import { expect } from "vitest";
import type { Case } from "../real/contract/case.ts";
import { compared, hold, type Row } from "../real/contract/hold.ts";
import type { Seen } from "../real/contract/seen.ts";
import { commandLines, ends, moreEnds, pair, ranks } from "../real/contract/stages.ts";
import { standIn } from "../real/contract/stand-in.ts";
import { engines } from "./engines.ts";

const host = engines();
const launcher = () => standIn(host.bundle);
const rows: Row[] = [];

function held(section: string, one: Case<never>, seen: Seen): void {
  const { row, wrong } = compared(section, one, seen);
  rows.push(row);
  expect(wrong, "the stand-in differs from real vLLM").toEqual([]);
}

hold(commandLines, launcher, held);
hold(pair, launcher, held);
hold(ends, launcher, held);
hold(moreEnds, launcher, held);
hold(ranks, launcher, held);
