import { expect, it } from "vitest";
import { togetherContract } from "../family-contract.ts";
import { inHouse } from "../house.ts";

const SHORT = '{"model":"m","prompt":"one two three","max_tokens":4}';

togetherContract("NIXL push", "nixl-push");

it("each rank of prefill is reached at its own port and under its own name", () =>
  inHouse({ dialect: "nixl-push", dpSize: 3 }, async (house) => {
    for (let left = 6; left > 0; left--) expect((await house.send(SHORT)).status).toBe(200);
    expect(new Set(house.p[0]?.ranks)).toEqual(new Set([0, 1, 2]));
  }));
