import { Socket } from "node:net";
import { expect, it } from "vitest";
import type { Taken } from "../wire/raw-engine.ts";
import type { AnswerPlan } from "./answer-plan.ts";
import { type FuzzCase, fuzzCase } from "./case.ts";
import { judgeAnswer, judgeOwnWords, type Ran } from "./judge.ts";
import { judgePairs, judgeTogether } from "./judge-together.ts";
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

/** A leg as an engine got it. */
function leg(attempt: number, ticket: object): { attempt: number; taken: Taken } {
  const bytes = Buffer.from(JSON.stringify({ kv_transfer_params: ticket }));
  const body = { bytes, end: "whole", framing: "length", trailers: [] } as const;
  const values = (name: string) => (name === "x-request-id" ? ["id"] : []);
  const head = { start: "", headers: [], method: "POST", path: "/", socket: new Socket(), nth: 1 };
  return { attempt, taken: { ...head, body, all: values, get: (name) => values(name)[0] ?? "" } };
}
const p = leg(0, { do_remote_prefill: false, do_remote_decode: true, transfer_id: "a" });
const d = (transfer_id: string, more: object = {}) =>
  leg(0, { do_remote_prefill: true, do_remote_decode: false, transfer_id, ...more });

it("of two legs that were told of each other the judge says nothing", () => {
  const got = { prefill: [p], decode: [d("a", { remote_request_id: "id" })] };
  expect([...judgePairs({ got })]).toEqual([]);
  expect([...judgeTogether({ ...ran(right), family: "nixl-push", got })]).toEqual([]);
});

it("the judge speaks of legs with two transfers, of another's request, and of bytes that neither leg said", () => {
  expect([...judgePairs({ got: { prefill: [p], decode: [d("b")] } })].join()).toContain("2 transfers");
  const strange = { prefill: [p], decode: [d("a", { remote_request_id: "another" })] };
  expect([...judgePairs({ got: strange })].join()).toContain("the request another");
  const changed = { ...right, body: Buffer.from("x") };
  expect(
    [...judgeTogether({ ...ran(changed), family: "nixl-push", got: { prefill: [p], decode: [d("a")] } })].join(),
  ).toContain("body");
});
