import { expect, it } from "vitest";
import { Circuit } from "../../src/proxy/health/circuit.ts";
import type { Fault } from "./fake/faults.ts";
import { inHouse } from "./house.ts";

const SHORT = '{"model":"m","prompt":"one two three","max_tokens":4}';

it("half of ten legs within thirty seconds open it, for ten seconds, then twenty, at most a minute", () => {
  const circuit = new Circuit();
  for (let leg = 0; leg < 9; leg++) circuit.count(leg % 2 === 0, 1_000);
  expect(circuit.state(1_000)).toBe("closed");
  circuit.count(false, 1_000);
  let now = 1_000;
  for (const seconds of [10, 20, 40, 60, 60]) {
    expect([circuit.state(now), circuit.state(now + seconds * 1000 - 1)]).toEqual(["open", "open"]);
    now += seconds * 1000;
    expect([circuit.state(now), circuit.allows(now, 0), circuit.allows(now, 1)]).toEqual(["half_open", true, false]);
    circuit.count(false, now);
  }
  now += 60_000;
  circuit.count(true, now);
  expect(circuit.state(now)).toBe("closed");
});

it("failures that are old, or few among many, open nothing", () => {
  const circuit = new Circuit();
  for (let leg = 0; leg < 9; leg++) circuit.count(false, 0);
  circuit.count(false, 31_000);
  expect(circuit.state(31_000)).toBe("closed");
  const other = new Circuit();
  for (let leg = 0; leg < 99; leg++) other.count(leg % 3 !== 0, leg);
  expect(other.state(100)).toBe("closed");
});

it("a prefill that is well and fails half of what it gets is passed over; a client's errors speak against nobody", () =>
  inHouse({ dialect: "nixl", prefill: 2 }, async (house) => {
    const [bad, good] = house.p;
    const fail = async (fault: Fault, times: number, prompt: (left: number) => string) => {
      for (let left = times; left > 0; left--) bad?.faults.push(fault);
      for (let left = times; (bad?.faults.length ?? 0) > 0; left--) await house.send(prompt(left));
    };
    const others = (left: number) => SHORT.replace("three", `three ${left}`);
    await fail({ kind: "status", status: 422, body: "{}" }, 12, others);
    expect(await house.metric("pdctl_proxy_instance_circuit_state")).toContain(stateOf("prefill", bad?.url, 0));
    await fail({ kind: "status", status: 500, body: "{}" }, 12, () => SHORT); // one prompt that kills engines
    expect(await house.metric("pdctl_proxy_instance_circuit_state")).toContain(stateOf("prefill", bad?.url, 0));
    await fail({ kind: "status", status: 500, body: "{}" }, 11, others);
    expect(await house.metric("pdctl_proxy_instance_circuit_state")).toContain(stateOf("prefill", bad?.url, 1));
    const before = bad?.ids.length;
    for (let request = 0; request < 6; request++) expect((await house.send(SHORT)).status).toBe(200);
    expect(bad?.ids.length).toBe(before);
    await good?.stop(); // the last one is tried all the same
    await house.send(SHORT);
    expect((await house.send(SHORT)).status).toBe(200);
    expect(bad?.ids.length).toBeGreaterThan(before ?? 0);
  }));

const stateOf = (role: string, url: string | undefined, state: number) =>
  `pdctl_proxy_instance_circuit_state{role="${role}",target="${url}"} ${state}`;
