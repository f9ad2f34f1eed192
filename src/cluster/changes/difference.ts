import { argvFields, changedFields } from "../../plan/answers/diff.ts";
import { leaves } from "../../plan/answers/leaves.ts";
import { fixedHash } from "../../plan/hash.ts";
import { imageOf, shortId } from "../../plan/lists/images.ts";
import type { Plan, PlanFile, PlanImage, Service } from "../../plan/plan.ts";
import type { Found } from "../../supervise/supervise.ts";
import { liveOf } from "./live-file.ts";

export interface Difference {
  /** The very field that makes it so, in the user's words: `--max-num-seqs 4 → 8, from --set`. */
  readonly why: string;
  /** It reads what differs again while it runs. */
  readonly live: boolean;
}

/** The first thing that differs between what runs and what is planned; undefined: the same hash, from the same image. */
export function difference(service: Service, { spec }: Found, plan: Plan): Difference | undefined {
  if (spec.hash === service.hash) return imageChange(spec.note["image"], imageOf(plan, service));
  const [was, is] = [liveOf(spec), service.files.find(isLive)];
  if (was !== undefined && is !== undefined && was.fixed === fixedHash(service))
    return contentChange(was.content, is.content);
  const before = spec.note as { argv?: readonly string[]; env?: Readonly<Record<string, unknown>> };
  const [first] = [
    ...changedFields(argvFields(before.argv ?? []), argvFields(service.argv)),
    ...changedFields(leaves(before.env ?? {}), leaves(service.env)),
  ];
  if (first === undefined) return { why: "its files or runtime changed", live: false };
  const from = plan.overrides.set.some((set) => keyOf(set) === first.field.split(/[ .]|--/).at(-1))
    ? ", from --set"
    : "";
  return { why: `${fieldText(first)}${from}`, live: false };
}

/** @param was  digest of the image that it was started from, as its record has it */
function imageChange(was: unknown, is: PlanImage | undefined): Difference | undefined {
  if (typeof was !== "string" || is?.id === undefined || was === is.id) return undefined;
  return { why: `image ${is.image} ${shortId(was)} → ${shortId(is.id)}`, live: false };
}

export const isLive = (file: PlanFile): file is LiveFile => "link" in file && file.link !== undefined;
export type LiveFile = Extract<PlanFile, { content: string }> & { readonly link: string };

/** `prefill.args.max-num-seqs=8` → `max-num-seqs` */
const keyOf = (set: string) => set.slice(0, set.indexOf("=")).split(".").at(-1);

type Field = ReturnType<typeof changedFields>[number];

function fieldText({ field, before, after }: Field): string {
  if (before === null) return `${`${field} ${short(after ?? "")}`.trim()} is new`;
  if (after === null) return `${field} is gone`;
  return `${field} ${short(before)} → ${short(after)}`;
}

/** Endpoints come and go while it runs; any other key is read once. */
function contentChange(before: string, after: string): Difference {
  const [was, is] = [before, after].map((text) => JSON.parse(text) as Readonly<Record<string, unknown>>);
  const [{ targets: old, ...others }, { targets: now, ...rest }] = [was ?? {}, is ?? {}];
  const [first] = changedFields(leaves(others), leaves(rest));
  if (first !== undefined) return { why: fieldText(first), live: false };
  const [gone, come] = [urlsOf(old), urlsOf(now)];
  const more = come.filter((url) => !gone.includes(url)).length;
  const less = gone.filter((url) => !come.includes(url)).length;
  const ends = [...(more > 0 ? [`${more} more`] : []), ...(less > 0 ? [`${less} less`] : [])].join(", ");
  return {
    why: `${ends === "" ? "the order of its endpoints" : `its endpoints: ${ends}`}; told while it runs`,
    live: true,
  };
}

const urlsOf = (targets: unknown): readonly string[] =>
  Array.isArray(targets) ? targets.map(({ role, url }: { role?: unknown; url?: unknown }) => `${role} ${url}`) : [];

const short = (value: string) => (value.length <= 40 ? value : `${value.slice(0, 39)}…`);
