import { expect } from "vitest";
import type { Plan } from "../../src/plan/plan.ts";
import { planned } from "./planned.ts";
import type { Holds, PlanHolds, Row } from "./row.ts";
import { flagsOf, idsOf, type ServiceView, serviceView } from "./view.ts";

/** Asserts a row for every topology it names. */
export function assertRow(row: Row): void {
  for (const name of row.on) {
    const { plan, findings } = planned(name, row.vllm);
    for (const [selector, holds] of Object.entries(row.at ?? {})) {
      const ids = idsOf(plan, selector);
      expect(ids, `${name}: ${selector}`).not.toEqual([]);
      for (const id of ids) assertService(serviceView(plan, id), holds, `${name} ${id}`);
    }
    if (row.plan !== undefined) assertPlan(name, row.vllm, row.plan);
    for (const [code, level] of row.says ?? []) expect(findings, name).toContainEqual(expect.objectContaining({ code, level }));
    for (const code of row.silent ?? []) expect(findings.map((each) => each.code), name).not.toContain(code);
  }
}

function assertService(view: ServiceView, holds: Holds, where: string): void {
  const { flags, lacks = [], env, unset = [], kv, files, noFile = [], options = [], runtime, proxy, completeArgv, completeEnv, completeProxy, script, ...exact } = holds;
  for (const [key, value] of Object.entries(exact)) expect(view[key as keyof ServiceView], `${where} ${key}`).toEqual(value);
  for (const [flag, value] of Object.entries(flags ?? {})) expect(view.flags[flag], `${where} ${flag}`).toEqual(part(value));
  for (const flag of lacks) expect(view.flags, where).not.toHaveProperty(flag);
  for (const [name, value] of Object.entries(env ?? {})) expect(view.env[name], `${where} ${name}`).toEqual(value);
  for (const name of unset) expect(view.env, where).not.toHaveProperty(name);
  if (kv !== undefined) expect(view.kv, `${where} kv`).toMatchObject(kv as object);
  for (const [name, value] of Object.entries(files ?? {})) expect(view.files[name], `${where} file ${name}`).toMatchObject(value as object);
  if (files !== undefined && Object.keys(files).length === 0) expect(view.files, where).toEqual({});
  for (const name of noFile) expect(view.files, where).not.toHaveProperty(name);
  if (runtime !== undefined) expect(view.runtime, `${where} runtime`).toMatchObject(runtime as object);
  const words = "options" in view.runtime ? view.runtime.options : [];
  for (const run of options) expect(has(words, run), `${where}: ${run.join(" ")} in ${words.join(" ")}`).toBe(true);
  if (proxy !== undefined) expect(view.proxy, `${where} proxy`).toMatchObject(proxy as object);
  if (script !== undefined) {
    expect(view.script.trim().split("\n").at(-1), where).toBe(script.ends);
    for (const word of script.lacks) expect(view.script, where).not.toMatch(word);
  }
  if (completeProxy !== undefined) expect(view.proxy, `${where} proxy`).toEqual(completeProxy);
  if (completeEnv !== undefined) expect(view.env, `${where} env`).toEqual(completeEnv);
  if (completeArgv !== undefined) {
    const head = view.head.length;
    expect(view.head, `${where} argv`).toEqual(completeArgv.slice(0, head));
    expect(view.flags, `${where} argv`).toEqual(flagsOf(completeArgv.slice(head)));
  }
}

/** The parts of the plan that are not one service's. */
function assertPlan(name: string, vllm: string | undefined, holds: PlanHolds): void {
  const { plan } = planned(name, vllm);
  if (holds.cluster !== undefined) expect(plan.cluster).toBe(holds.cluster);
  if (holds.services !== undefined) expect(plan.services.map(({ id }) => id)).toEqual(holds.services);
  if (holds.waves !== undefined) expect(plan.waves).toEqual(holds.waves);
  if (holds.targets !== undefined) expect(plan.targets).toEqual((holds.targets as unknown[]).map(part));
  if (holds.deviceCount !== undefined) expect(plan.services.flatMap(({ node, devices }) => devices.map((id) => `${node} ${id}`))).toHaveLength(holds.deviceCount);
  for (const nothing of holds.nowhere ?? []) {
    const text = JSON.stringify({ ...plan, overrides: null });
    if (typeof nothing === "string") expect(text, name).not.toContain(nothing);
    else expect(text, name).not.toMatch(nothing);
  }
  const { url, path, body, atLeastWords = 0, atLeastRequests = 0, proof } = holds.smoke ?? {};
  if (url !== undefined) expect(plan.smoke.url, name).toBe(url);
  if (path !== undefined) expect(plan.smoke.path, name).toBe(path);
  if (body !== undefined) expect(plan.smoke.body, name).toMatchObject(body as object);
  if (proof !== undefined) expect(plan.smoke.proof, name).toMatchObject(proof as object);
  expect(plan.smoke.promptWords, name).toBeGreaterThanOrEqual(atLeastWords);
  expect(plan.smoke.requests, name).toBeGreaterThanOrEqual(atLeastRequests);
  if (holds.bench !== undefined) assertBench(name, plan, holds.bench);
}

function assertBench(name: string, { bench }: Plan, holds: NonNullable<PlanHolds["bench"]> | null): void {
  if (holds === null || bench === null) return expect(bench, name).toBe(holds);
  const flags = flagsOf(bench.argv.slice(3));
  if (holds.node !== undefined) expect(bench.node, name).toBe(holds.node);
  for (const [flag, value] of Object.entries(holds.flags ?? {})) expect(flags[flag], `${name} ${flag}`).toEqual(value);
  for (const flag of holds.lacks ?? []) expect(flags, name).not.toHaveProperty(flag);
  if (holds.completeArgv === undefined) return;
  expect(bench.argv.slice(0, 3)).toEqual(holds.completeArgv.slice(0, 3));
  expect(flags, name).toEqual(flagsOf(holds.completeArgv.slice(3)));
}

/** `{ $part: … }` asserts a part of a JSON value. */
function part(value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("$part" in value)) return value;
  return expect.objectContaining(value.$part as Record<string, unknown>);
}

/** Whether some words stand side by side. */
const has = (words: readonly string[], run: readonly string[]): boolean => words.some((_, at) => run.every((word, index) => words[at + index] === word));
