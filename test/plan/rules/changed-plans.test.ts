import { describe, expect, it } from "vitest";
import type { Plan } from "../../../src/plan/plan.ts";
import { planRules } from "../../../src/plan/rules/index.ts";
import { changed, madeFrom, says } from "../../told.ts";

const rule = (id: string) => planRules.find((each) => each.id === id);
const moe = madeFrom("ascend-moe-mooncake");
const gb200 = madeFrom("gb200-deepseek-nixl");
const mi300x = madeFrom("mi300x-llama-nixl");

const withReservation = (plan: Plan, node: string, owner: string, purpose: string, port: number): Plan => ({
  ...plan,
  reservations: {
    ...plan.reservations,
    [node]: [...(plan.reservations[node] ?? []), { first: port, last: port, owner, purpose }],
  },
});

describe("a bug of the planner does not reach the nodes", () => {
  it.each(planRules.map((each) => [each.id, each] as const))(
    "%s has nothing to say about a plan as it is made",
    (_, each) => {
      for (const made of [moe, gb200, mi300x]) expect(says(each, made)).toEqual([]);
    },
  );

  it("M03: one of the engines serves another name", () => {
    const plan = changed(gb200.plan, ({ id, argv }) => ({
      argv: id === "decode-0-1" ? [...argv, "--served-model-name", "other"] : argv,
    }));
    expect(says(rule("M03"), { ...gb200, plan })).toEqual([
      "error: prefill-0-0 serves nvidia/DeepSeek-R1-0528-FP4-v2 and decode-0-1 serves other, and a request names one",
    ]);
  });
  it("N05: two groups with one rpc_port on their head", () => {
    const plan = withReservation(moe.plan, "a2-1", "decode-0-0", "dp_rpc", 13395);
    expect(says(rule("N05"), { ...moe, plan })).toEqual([
      "error: port 13395 on a2-1 is taken twice: by decode-0-0 and by prefill-0-0",
    ]);
    expect(says(rule("N01"), { ...moe, plan })).toEqual([]);
  });
  it("N10: two ranks with one bootstrap port on a node", () => {
    const once = withReservation(moe.plan, "a2-1", "prefill-0-0", "bootstrap", 8998);
    expect(says(rule("N10"), { ...moe, plan: once })).toEqual([]);
    expect(
      says(rule("N10"), { ...moe, plan: withReservation(once, "a2-1", "prefill-0-1", "bootstrap", 8998) }),
    ).toEqual(["error: port 8998 on a2-1 is taken twice: by prefill-0-1 and by prefill-0-0"]);
  });
  it("P02: a rank that two engines claim, and one that nobody has", () => {
    const twice = changed(moe.plan, ({ argv }) => ({
      argv: argv.map((word, at) => (argv[at - 1] === "--data-parallel-rank" && word === "3" ? "2" : word)),
    }));
    expect(says(rule("P02"), { ...moe, plan: twice })).toEqual([
      "error: prefill-0 has rank 2 twice: in prefill-0-2 and prefill-0-3",
      "error: decode-0 has rank 2 twice: in decode-0-2 and decode-0-3",
    ]);
    const gap = changed(gb200.plan, ({ id, argv }) =>
      id === "decode-0-1"
        ? { argv: argv.map((word, at) => (argv[at - 1] === "--data-parallel-start-rank" ? "5" : word)) }
        : {},
    );
    expect(says(rule("P02"), { ...gb200, plan: gap })).toEqual(["error: decode-0 has no engine with rank 4"]);
  });
  it("P04: two engines on one device", () => {
    const plan = changed(moe.plan, ({ id }) => (id === "prefill-0-1" ? { devices: ["3", "5", "6", "7"] } : {}));
    expect(says(rule("P04"), { ...moe, plan })).toEqual([
      "error: device 3 on a2-1 is taken twice: by prefill-0-0 and by prefill-0-1",
    ]);
  });
  it("P07: hybrid balancing without a local size, external with one of its own", () => {
    const without = changed(gb200.plan, ({ id, argv }) =>
      id === "decode-0-0"
        ? {
            argv: argv.filter(
              (word, at) => word !== "--data-parallel-size-local" && argv[at - 1] !== "--data-parallel-size-local",
            ),
          }
        : {},
    );
    expect(says(rule("P07"), { ...gb200, plan: without })).toEqual([
      "error: decode-0-0 has --data-parallel-hybrid-lb with no --data-parallel-size-local, which vLLM refuses",
    ]);
    const local = changed(moe.plan, ({ id, argv }) => (id === "decode-0-0" ? { argv: [...argv, "-dpl", "2"] } : {}));
    expect(says(rule("P07"), { ...moe, plan: local })).toEqual([
      "error: decode-0-0 has external balancing with --data-parallel-size-local 2, which vLLM refuses",
    ]);
  });
  it("P18: a supervisor inside its own ports, and one rank on several ports", () => {
    const multi = (...words: string[]) =>
      changed(mi300x.plan, ({ id, argv }) =>
        id === "decode-0-0" ? { argv: [...argv, "--data-parallel-multi-port-external-lb", ...words] } : {},
      );
    expect(
      says(rule("P18"), { ...mi300x, plan: multi("-dp", "4", "-dpl", "4", "--data-parallel-supervisor-port", "8203") }),
    ).toEqual(["error: decode-0-0 has its supervisor on 8203, inside 8200-8203, which vLLM refuses"]);
    expect(says(rule("P18"), { ...mi300x, plan: multi("-dp", "4", "-dpl", "3") })).toEqual([
      "error: decode-0-0 serves 3 of 4 ranks on ports of their own, which vLLM refuses",
    ]);
    expect(
      says(rule("P18"), { ...mi300x, plan: multi("-dp", "4", "-dpl", "2", "--data-parallel-supervisor-port", "8210") }),
    ).toEqual([]);
  });
});
