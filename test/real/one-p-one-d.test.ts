import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { complete, counted, countedUntil } from "./asking.ts";
import { cluster } from "./cluster.ts";
import { lacking, titled } from "./place.ts";

const name =
  "real vLLM comes up, KV crosses from prefill to decode, the answer is decode's own, and down leaves nothing";

it.skipIf(lacking !== undefined)(titled(name), async () => {
  await using real = cluster("real");
  const up = await real.pdctl("up", "--require-evidence", "--timeout", "4m");
  expect(up.exit, up.lines.join("\n")).toBe(0);
  expect(up.err).toMatch(/P 1\/1, D 1\/1, (\d+) of \1 prompt tokens came from prefill \(counter\)/);

  const before = await counted(real.decode);
  const prompt = `${randomUUID()} prefill reads this, decode writes the rest`;
  const answer = await complete(real.proxy, prompt);
  expect(answer.status).toBe(200);
  expect(answer.headers.get("x-pdctl-prefill")).toBe(`${real.prefill}#0`);
  expect(answer.headers.get("x-pdctl-decode")).toBe(`${real.decode}#0`);
  const after = await countedUntil(real.decode, ({ tokens, bytes }) => tokens > before.tokens && bytes > before.bytes);
  expect(after.tokens - before.tokens).toBe(answer.promptTokens);
  expect(after.bytes - before.bytes).toBe(16_384 * Math.ceil(answer.promptTokens / 32)); // 2 layers of 8 KiB per block
  expect(after.computed).toBe(before.computed);

  const own = await complete(real.decode, prompt, { cache_salt: randomUUID() });
  expect(answer.text).toBe(own.text);
  const computed = await countedUntil(real.decode, (now) => now.computed > after.computed);
  expect(computed.computed - after.computed).toBe(own.promptTokens);
  expect((await complete(real.decode, `${prompt}, but another one`)).text).not.toBe(own.text); // it depends on the prompt

  const smoke = await real.pdctl("smoke", "--json");
  expect(smoke.exit, smoke.lines.join("\n")).toBe(0);
  expect(smoke.out).toMatch(/"same_answer": true/);
  const status = await real.pdctl("status");
  expect(status.out).toMatch(/real healthy · P 1\/1 · D 1\/1 · proxy ready/);
  expect(status.exit).toBe(0);

  const down = await real.pdctl("down");
  expect(down.exit, down.lines.join("\n")).toBe(0);
  expect(down.lines.join("\n")).toMatch(/real is gone from 1 of 1 node/);
  expect(await real.leftovers()).toEqual([]);
});
