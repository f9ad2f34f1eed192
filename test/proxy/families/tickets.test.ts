import { expect, it } from "vitest";
import type { Fault } from "../fake/faults.ts";
import { familyContract } from "../family-contract.ts";
import { inHouse } from "../house.ts";

const SHORT = '{"model":"m","prompt":"one two three","max_tokens":4}';

familyContract("relay, with blocks in one flat list", "gaudi");

it("a ticket with nested maps, a last token and a room beyond 2^53 is the same bytes at decode", () =>
  inHouse({ dialect: "mooncake-ascend" }, async (house) => {
    expect((await house.send(SHORT)).status).toBe(200);
    const [handle] = house.cluster.registry.handles;
    for (const part of [
      '"last_token_id":151645',
      '"remote_multi_nodes_meta_mapping":{"0": {"host":"10.9.8.7"',
      '"bootstrap_room":9223372036854775807',
    ])
      expect(handle?.ticket).toContain(part); // and the strict decode has compared it to the byte
  }));

it("a request with a room and a seed of 63 bits keeps the one to the digit and loses the other, which is no client's to say", () =>
  inHouse({ dialect: "mooncake-ascend" }, async (house) => {
    const raw =
      '{"model":"m","prompt":"a","max_tokens":2,"seed":9223372036854775807,"bootstrap_room":9223372036854775807}';
    const atDecode = '{"model":"m","prompt":"a","max_tokens":2,"seed":9223372036854775807}';
    expect((await house.send(raw, { atDecode })).status).toBe(200);
  }));

it("a ticket without the name of the request is caught by the strict decode", () =>
  inHouse({ dialect: "mooncake-ascend" }, async (house) => {
    const lacks: Fault = {
      kind: "ticket",
      text: '{"do_remote_prefill":true,"do_remote_decode":false,"remote_block_ids":[[1]],"remote_engine_id":"e","remote_host":"h","remote_port":1}',
    };
    house.p[0]?.faults.push(lacks, lacks);
    expect((await house.send(SHORT)).status).toBe(500);
    expect(house.cluster.violations.splice(0).map(({ id }) => id)).toContain("D2");
  }));
