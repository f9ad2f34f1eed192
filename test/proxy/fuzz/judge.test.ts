import { expect, it } from "vitest";
import type { AnswerPlan } from "./answer-plan.ts";
import { type FuzzCase, fuzzCase } from "./case.ts";
import { judgeAnswer, judgeOwnWords, type Ran } from "./judge.ts";
import type { Seen } from "./wire-client.ts";

const isSound = ({ cut, framing, then, status, body }: AnswerPlan) =>
  !cut && framing === "length" && then === "stays" && status === 200 && body.length > 3;

/** The first case in which nothing goes wrong. */
function sound(): FuzzCase {
  for (let index = 0; ; index++) {
    const each = fuzzCase(1, index);
    const [p, d] = [each.answer("prefill", 0), each.answer("decode", 0)];
    if (each.isObject && !each.leaves && p.ticket && isSound(p) && isSound(d)) return each;
  }
}

const it0 = sound();
const plan = it0.answer("decode", 0);
const right: Seen = { status: 200, headers: plan.headers, body: plan.body, whole: true };
const ran = (seen: Seen | undefined): Ran => ({ family: "relay", it: it0, seen, got: { prefill: [], decode: [] } });
const judged = (seen: Seen, plain: Seen = right) => [...judgeAnswer(ran(seen), plan, plain)];

it("of an answer that is right the judge says nothing", () => expect(judged(right)).toEqual([]));

it.each([
  ["another status", { ...right, status: 201 }, "status 201"],
  ["a header that is gone", { ...right, headers: right.headers.slice(1) }, "headers"],
  ["a header that is new", { ...right, headers: [...right.headers, ["x-new", "1"]] as const }, "headers"],
  ["a byte that is gone", { ...right, body: right.body.subarray(1) }, "body"],
  ["bytes that nobody wrote", { ...right, body: Buffer.concat([right.body, Buffer.from("x")]) }, "invented bytes"],
  ["a whole answer that is cut off", { ...right, whole: false }, "whole false"],
])("the judge speaks of %s", (_, seen, word) => expect(judged(seen).join("\n")).toContain(word));

it("the judge speaks of an answer that was cut off and looks whole, and of a broken stream that says nothing", () => {
  const cut: AnswerPlan = { ...plan, cut: { head: false, body: 2 } };
  expect([...judgeAnswer(ran(right), cut, right)]).toContain("an answer that was cut off looks whole");
  const broken = { ...right, whole: false };
  expect([...judgeAnswer(ran(broken), cut, broken)].join()).toContain("without an error event");
});

it("the proxy's own words need a reason in what the engines did", () => {
  const own: Seen = { status: 502, headers: [["x-pdctl-error", "target.broke"]], body: Buffer.from("{}"), whole: true };
  expect([...judgeOwnWords(ran(own))]).toEqual(["the proxy itself answered 502 target.broke"]);
  expect([...judgeOwnWords(ran(undefined))]).toEqual(["the connection ended without an answer"]);
});
