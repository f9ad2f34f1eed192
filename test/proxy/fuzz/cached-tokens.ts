import type { AnswerPlan } from "./answer-plan.ts";
import { DECODES_COUNT, type Role } from "./case.ts";
import { judgeAnswer, meant, type Ran } from "./judge.ts";

/**
 * What the client must see where decode's count of cached tokens is put right: by the text, as the number stands nowhere else. An event that broke off
 * before its end goes on as it came, unless it lacks no more than that.
 */
export function judgeCounted(ran: Ran, { role, attempt }: { role: Role; attempt: number }): readonly string[] {
  const plan = ran.it.answer(role, attempt);
  if (role === "prefill" || plan.status !== 200) return [...judgeAnswer(ran, plan, meant(plan))];
  const count = /"cached_tokens":(\d+)/.exec(ran.it.answer("prefill", attempt).body.toString())?.[1];
  const put = corrected(plan, count, ran.it.streams);
  const complaints = [...judgeAnswer(ran, put, meant(put))];
  const text = ran.seen?.body.toString("latin1") ?? "";
  const isWholeEvent = new RegExp(`${DECODES_COUNT}[^\r\n]*(?:\n\n|\r\n\r\n)(?!data: {"error":)`).test(text);
  const isCut = ran.it.streams ? !isWholeEvent : plan.comes.length < plan.body.length;
  if (complaints.length === 0 || !isCut) return complaints;
  const whole = corrected(plan, count, false);
  return [...judgeAnswer(ran, whole, meant(whole))].length === 0 ? [] : [...judgeAnswer(ran, plan, meant(plan))];
}

function corrected(plan: AnswerPlan, count: string | undefined, streams: boolean): AnswerPlan {
  const put = (body: Buffer) => rightCount(body, count, streams);
  const cut = plan.cut && { ...plan.cut, body: put(plan.body.subarray(0, plan.cut.body)).length };
  const comes = put(plan.comes);
  return { ...plan, body: plan.comes.length < plan.body.length ? comes : put(plan.body), comes, cut };
}

/** Of a stream in the events that came whole. */
function rightCount(body: Buffer, count: string | undefined, streams: boolean): Buffer {
  const text = body.toString("latin1");
  const end = streams ? Math.max(0, text.lastIndexOf("\n\n"), text.lastIndexOf("\r\n\r\n")) : text.length;
  const right = count === undefined ? "" : `"cached_tokens":${count},`;
  return Buffer.from(
    `${text.slice(0, end).replaceAll(`"cached_tokens":${DECODES_COUNT},`, right)}${text.slice(end)}`,
    "latin1",
  );
}
