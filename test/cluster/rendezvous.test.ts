import { describe, expect, it } from "vitest";
import { missingAt, type Rendezvous } from "../../src/cluster/wave/rendezvous.ts";

const place: Rendezvous = {
  head: { id: "decode-0-0", node: "n0" },
  ports: [13345],
  address: "10.0.0.1:13345",
  others: [
    { id: "decode-0-1", node: "n1" },
    { id: "decode-0-2", node: "n2" },
  ],
};
const at = (service: string, how: { listens?: number[]; joined?: number[]; dials?: number[] } = {}) => ({
  service,
  listens: [],
  joined: [],
  dials: [],
  ...how,
});
const head = at("decode-0-0", { listens: [13345] });
const came = (id: string) => at(id, { joined: [13345] });

describe("who a group waits for in silence", () => {
  it("is the rank that has not come, and the one that nobody answers", () => {
    expect([...missingAt(place, [head, at("decode-0-1"), came("decode-0-2")])]).toEqual([
      ["decode-0-1", "has not come to decode-0-0 on 10.0.0.1:13345"],
    ]);
    expect([...missingAt(place, [head, at("decode-0-1", { dials: [13345] }), came("decode-0-2")])]).toEqual([
      ["decode-0-1", "gets no answer from decode-0-0 on 10.0.0.1:13345"],
    ]);
  });

  it("is nobody while the head does not listen: it loads still, or the rendezvous is over", () => {
    expect([...missingAt(place, [at("decode-0-0"), at("decode-0-1"), at("decode-0-2")])]).toEqual([]);
  });

  it("is nobody whose sockets cannot be seen", () => {
    expect([...missingAt(place, [head])]).toEqual([]);
    expect([...missingAt(place, [at("decode-0-1")])]).toEqual([]);
  });
});
