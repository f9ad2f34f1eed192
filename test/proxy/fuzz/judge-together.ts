import { rawMembers, rawOf } from "../fake/raw-json.ts";
import type { AnswerPlan } from "./answer-plan.ts";
import type { Role } from "./case.ts";
import { errorOf, type Got, isDoubtful, judgeAnswer, meant, type Ran } from "./judge.ts";

/** Legs of one attempt that run at once: what they are told of each other, in requests that are judged one by one elsewhere. */
export function* judgePairs({ got }: Pick<Ran, "got">): Generator<string> {
  const names = new Map<number, Set<string>>();
  for (const role of ["prefill", "decode"] as const)
    for (const { attempt, taken } of got[role]) {
      const ticket = rawOf(rawMembers(taken.body.bytes.toString()), "kv_transfer_params");
      const { transfer_id: name, remote_request_id: id, ...told } = JSON.parse(ticket ?? "{}");
      if (typeof name !== "string") yield `${role} got no transfer: ${ticket}`;
      names.set(attempt, (names.get(attempt) ?? new Set()).add(name));
      if (id !== undefined && id !== taken.get("x-request-id")) yield `${role} is told of the request ${id}`;
      if (told.do_remote_prefill !== (role === "decode") || told.do_remote_decode !== (role === "prefill"))
        yield `${role} got ${ticket}`;
    }
  for (const [attempt, { size }] of names) if (size > 1) yield `the legs of attempt ${attempt} have ${size} transfers`;
  const all = [...names.values()].flatMap((each) => [...each]);
  if (new Set(all).size < all.length) yield `one transfer for several attempts: ${all}`;
}

/**
 * The client's answer is what decode said, or what prefill said where it refused, to the byte; it may break off where prefill did not end well.
 * Which of the two is heard first is chance, so each of them may be it.
 */
export function* judgeTogether(ran: Ran): Generator<string> {
  const { seen } = ran;
  if (!seen) return void (yield "the connection ended without an answer");
  const plans = legsOf(ran.got).map(([role, attempt]) => ({ role, plan: ran.it.answer(role, attempt) }));
  const fault = errorOf(seen);
  if (fault !== undefined) {
    const broke = plans.some(({ plan }) => plan.cut !== undefined || isDoubtful(plan));
    const isRight =
      fault === "request.invalid" ? !ran.it.isObject && seen.status === 400 : fault === "target.broke" && broke;
    if (!isRight) yield `the proxy itself answered ${seen.status} ${fault}`;
    if (!seen.whole) yield `${fault} is cut off`;
    return;
  }
  const prefillFailed = plans.some(({ role, plan }) => role === "prefill" && !endsWell(plan));
  const may = plans.filter(({ role, plan }) => role === "decode" || plan.status !== 200);
  const complaints = may.map(({ plan }) =>
    [...judgeAnswer(ran, plan, !seen.whole && prefillFailed ? cutOff(plan) : meant(plan))].filter(
      (each) => !(prefillFailed && each === "a whole answer was cut off"),
    ),
  );
  if (complaints.some((each) => each.length === 0)) return;
  yield* complaints.at(-1) ?? ["an answer that no engine gave"];
}

const endsWell = (plan: AnswerPlan) => plan.status === 200 && !plan.cut && !isDoubtful(plan);

/** What is meant with an answer that another leg cut off. */
function cutOff(plan: AnswerPlan) {
  const whole = meant(plan);
  return whole && { ...whole, whole: false };
}

const legsOf = (got: Got): readonly (readonly [Role, number])[] =>
  (["prefill", "decode"] as const).flatMap((role) => got[role].map(({ attempt }) => [role, attempt] as const));
