import type { Rule } from "../../topology/rule.ts";
import type { Service } from "../plan.ts";
import { engines, instanceOf, type Planned, placeOf, words } from "./command-line.ts";

/** M01: the model's text is part of what both sides compare, and of the name of a stored block. Source: launch.md §3.2, §3.8. */
export const m01: Rule<Planned, { first: string; a: string; second: string; b: string }> = {
  id: "M01",
  level: "error",
  *check(planned) {
    const [first, ...others] = engines(planned.plan).flatMap((engine) => {
      const text = modelOf(planned, engine);
      return text === undefined || text.includes("<fact:") ? [] : [{ id: engine.id, text }]; // a home that is not known yet
    });
    const odd = others.find(({ text }) => text !== first?.text);
    if (first === undefined || odd === undefined) return;
    yield { at: ["model"], data: { first: first.id, a: first.text, second: odd.id, b: odd.text } };
  },
  message: ({ first, a, second, b }) =>
    `the model is ${a} for ${first} and ${b} for ${second}: KV of one is not KV of the other`,
  remedy: () => "model.path: one absolute path, the same on every node",
};

/** The one word behind the command. */
function modelOf({ topology }: Planned, engine: Service): string | undefined {
  const choice = instanceOf(topology, engine.group)?.engine;
  return engine.argv[choice?.kind === "vllm" ? (choice.command?.length ?? 2) : 2];
}

/** M03: a client names one model, and the proxy sends the same body to both sides. Source: launch.md §10.4. */
export const m03: Rule<Planned, { first: string; a: string; second: string; b: string }> = {
  id: "M03",
  level: "error",
  *check(planned) {
    const named = engines(planned.plan).map((engine) => ({
      engine,
      text: words(engine, "served-model-name")?.join(" ") ?? planned.plan.model.servedName,
    }));
    const [first] = named;
    const odd = named.find(({ text }) => text !== first?.text);
    if (first === undefined || odd === undefined) return;
    const data = { first: first.engine.id, a: first.text, second: odd.engine.id, b: odd.text };
    yield { at: [...placeOf(planned.topology, odd.engine), "argv"], data };
  },
  message: ({ first, a, second, b }) => `${first} serves ${a} and ${second} serves ${b}, and a request names one`,
  remedy: () => "model.served_name: one name for all",
};

/** What makes ranks of a mixture of experts one group; each of them hashes it and compares. Source: launch.md §1.5, §10.2. */
const grouped = {
  flags: ["enable-expert-parallel", "enable-eplb", "eplb-config", "all2all-backend", "data-parallel-size"],
  env: ["VLLM_ALL2ALL_BACKEND"],
};

/** P21: ranks of a group that are told different things do not start together. Source: launch.md §10.2, §1.5. */
export const p21: Rule<Planned, { group: string; name: string; first: string; a: string; second: string; b: string }> =
  {
    id: "P21",
    level: "error",
    *check({ topology, plan }) {
      const heads = new Map<string, Service>();
      for (const engine of engines(plan)) {
        const head = heads.get(engine.group);
        if (head === undefined) heads.set(engine.group, engine);
        else {
          const found = difference(head, engine);
          if (found === undefined) continue;
          const data = { group: engine.group, first: head.id, second: engine.id, ...found };
          yield { at: [...placeOf(topology, engine), "env"], subject: engine.group, data };
        }
      }
    },
    message: ({ name, first, a, second, b }) =>
      `${name} is ${a} for ${first} and ${b} for ${second}, ranks of one group`,
    remedy: ({ name }) => `${name}: one value, under engine or the role`,
  };

function difference(first: Service, second: Service): { name: string; a: string; b: string } | undefined {
  const flag = (service: Service, name: string) => words(service, name)?.join(" ");
  const env = ({ env }: Service, name: string) => (typeof env[name] === "string" ? env[name] : undefined);
  const rows = [
    ...grouped.flags.map((name) => ({ name, a: flag(first, name), b: flag(second, name) })),
    ...grouped.env.map((name) => ({ name, a: env(first, name), b: env(second, name) })),
  ];
  const odd = rows.find(({ a, b }) => a !== b);
  return odd && { name: odd.name, a: odd.a ?? "unset", b: odd.b ?? "unset" };
}
