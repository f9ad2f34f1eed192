import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { complete, counted, countedUntil } from "./asking.ts";
import { realHosts, said } from "./hosts.ts";
import { lackingHosts, titled } from "./place.ts";

it.skipIf(lackingHosts !== undefined)(
  titled("over SSH: KV crosses between two machines, and down leaves nothing on either", lackingHosts),
  async () => {
    await using real = await realHosts({ hosts: 2, topology: "prefill: { nodes: [n0] }\ndecode: { nodes: [n1] }\n" });
    const up = await real.pdctl("up", "--require-evidence");
    expect(up.code, said(up)).toBe(0);
    const [prefill, decode] = [real.url("n0", 8100), real.url("n1", 8200)];
    const before = await counted(decode);
    const answer = await complete(real.proxy, `${randomUUID()} from one machine to the other`);
    expect(answer.headers.get("x-pdctl-prefill")).toBe(`${prefill}#0`);
    const after = await countedUntil(decode, ({ tokens, bytes }) => tokens > before.tokens && bytes > before.bytes);
    expect(after.tokens - before.tokens).toBe(answer.promptTokens);
    expect((await real.pdctl("status")).code).toBe(0);
    const down = await real.pdctl("down");
    expect(down.code, said(down)).toBe(0);
    expect(real.leftovers()).toEqual([]);
  },
  240_000,
);
