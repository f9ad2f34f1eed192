import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ask, complete, leaver } from "./asking.ts";
import { engineNow, proxyNow } from "./gauges.ts";
import { LOAD_MS, type RealHosts, realHosts, said } from "./hosts.ts";
import { lackingHosts, titled } from "./place.ts";

const LEASE_SECONDS = 30;
const BLOCK_BYTES = 16_384; // 32 tokens: 2 layers of 8 KiB
/** One request at a time per engine, and prompts in pieces: whether a request waits or runs is then the test's choice. */
const topology = (prefill: string) => `
kv: { transfer: { lease_seconds: ${LEASE_SECONDS} } }
engine: { args: { max-num-seqs: 1, max-model-len: 8192 } }
prefill: { ${prefill}, args: { max-num-batched-tokens: 128 } }
decode: { nodes: [n2] }
`;

const idle = { running: 0, waiting: 0, kvUsage: 0 };
const notBusy = { requests: 0, legs: 0, tokens: 0 };
/** A prompt that no engine has seen, of about two tokens per word. */
const words = (count: number) => `${randomUUID()} ${"and so on ".repeat(count / 2)}`;
/** Counters follow an answer by a step of the engine. */
const polls = { timeout: 20_000, interval: 10 };

describe.skipIf(lackingHosts !== undefined)(
  titled("real engines on three machines", lackingHosts),
  { timeout: 120_000 },
  () => {
    let real: RealHosts;
    let [prefill, second, decode] = ["", "", ""];
    const p = () => engineNow(prefill);
    const d = () => engineNow(decode);

    beforeAll(async () => {
      real = await realHosts({ hosts: 3, topology: topology("nodes: [n0]") });
      [prefill, second, decode] = [real.url("n0", 8100), real.url("n1", 8100), real.url("n2", 8200)];
      const up = await real.pdctl("up", "--require-evidence");
      expect(up.code, said(up)).toBe(0);
      expect(up.stderr).toMatch(/P 1\/1, D 1\/1, (\d+) of \1 prompt tokens came from prefill \(counter\)/);
    }, LOAD_MS);
    afterAll(() => real?.[Symbol.asyncDispose]());

    /** As if nobody had ever asked: no request, no leg, no block that is held for anybody. */
    async function allIdle(): Promise<void> {
      await expect.poll(p, polls).toMatchObject(idle);
      await expect.poll(d, polls).toMatchObject(idle);
      expect(await proxyNow(real.proxy)).toMatchObject(notBusy);
    }

    it("decode pulls every block of a prompt and computes none of its tokens", async () => {
      const [p0, d0] = [await p(), await d()];
      const answer = await complete(real.proxy, words(100));
      expect(answer.status).toBe(200);
      expect(answer.headers.get("x-pdctl-prefill")).toBe(`${prefill}#0`);
      expect(answer.headers.get("x-pdctl-decode")).toBe(`${decode}#0`);
      const bytes = d0.bytes + BLOCK_BYTES * Math.ceil(answer.promptTokens / 32);
      const pulled = d0.pulled + answer.promptTokens;
      await expect.poll(d, polls).toMatchObject({ pulled, bytes, computed: d0.computed, failedTransfers: 0 });
      await expect.poll(p, polls).toMatchObject({ computed: p0.computed + answer.promptTokens, pulled: 0 });
      await allIdle();
    });

    const streamed = { stream: true, stream_options: { include_usage: true } };
    it.each([
      { what: "a completion", path: "completions", how: {} },
      { what: "a streamed completion", path: "completions", how: streamed },
      { what: "a chat", path: "chat/completions", how: {} },
      { what: "a streamed chat", path: "chat/completions", how: streamed },
    ])("through the proxy, $what says what decode says by itself", async ({ path, how }) => {
      const prompt = words(60);
      const asked = path === "completions" ? { prompt } : { messages: [{ role: "user", content: prompt }] };
      const body = { ...asked, ...how, max_tokens: 24 };
      const through = await ask(`${real.proxy}/v1/${path}`, body);
      expect(through).toMatchObject({ status: 200, finish: "length", usage: { completion_tokens: 24 } });
      const own = await ask(`${decode}/v1/${path}`, { ...body, cache_salt: randomUUID() }); // not from its cache
      const { events: some, ...said } = through;
      const { events: others, ...alone } = own;
      expect(said).toEqual(alone);
      expect([some > 1, others > 1]).toEqual(how === streamed ? [true, true] : [false, false]);
    });

    it("a client that leaves while prefill lets it wait leaves nothing behind", async () => {
      const { left, decodeLegs } = await proxyNow(real.proxy);
      using busy = leaver(prefill, { prompt: words(10), max_tokens: 8_000 });
      await expect.poll(p, polls).toMatchObject({ running: 1 });
      using client = leaver(real.proxy, { prompt: words(60) });
      await expect.poll(p, polls).toMatchObject({ running: 1, waiting: 1 });
      client.leave();
      await expect.poll(p, polls).toMatchObject({ running: 1, waiting: 0 });
      expect(await proxyNow(real.proxy)).toMatchObject({ ...notBusy, decodeLegs, left: { prefill: left.prefill + 1 } });
      busy.leave();
      await allIdle();
    });

    it("a client that leaves while prefill computes stops it in the middle of the prompt", async () => {
      const [{ kvExpired, computed }, { decodeLegs, left }] = [await p(), await proxyNow(real.proxy)];
      using client = leaver(real.proxy, { prompt: words(3_900) });
      await expect.poll(p, polls).toMatchObject({ running: 1 });
      client.leave();
      await allIdle();
      expect(await p()).toMatchObject({ kvExpired, computed });
      expect(await proxyNow(real.proxy)).toMatchObject({ decodeLegs, left: { prefill: left.prefill + 1 } });
    });

    it("a client that leaves while decode lets it wait gives prefill its blocks back at once", async () => {
      const [{ kvExpired }, { pulled }, { left }] = [await p(), await d(), await proxyNow(real.proxy)];
      using busy = leaver(decode, { prompt: words(10), max_tokens: 8_000 });
      await expect.poll(d, polls).toMatchObject({ running: 1 });
      using client = leaver(real.proxy, { prompt: words(60) });
      await expect.poll(d, polls).toMatchObject({ running: 1, waiting: 1 });
      expect((await p()).kvUsage).toBeGreaterThan(0);
      client.leave();
      await expect.poll(d, polls).toMatchObject({ running: 1, waiting: 0, pulled });
      await expect.poll(p, { ...polls, timeout: (LEASE_SECONDS - 3) * 1000 }).toMatchObject({ ...idle, kvExpired });
      expect(await proxyNow(real.proxy)).toMatchObject({ ...notBusy, left: { decodeWait: left.decodeWait + 1 } });
      busy.leave();
      await allIdle();
    });

    it("a client that leaves in the middle of the stream stops decode", async () => {
      const [{ kvExpired }, { left }] = [await p(), await proxyNow(real.proxy)];
      using client = leaver(real.proxy, { prompt: words(60), max_tokens: 8_000, stream: true });
      await client.firstBytes;
      await expect.poll(d, polls).toMatchObject({ running: 1 });
      expect(await proxyNow(real.proxy)).toMatchObject({ requests: 1, legs: 1 });
      client.leave();
      await allIdle();
      expect(await p()).toMatchObject({ kvExpired });
      expect((await proxyNow(real.proxy)).left.decode).toBe(left.decode + 1);
    });

    it("a client that leaves between the legs costs prefill its blocks for no longer than the lease", async () => {
      const [{ kvExpired }, { left }] = [await p(), await proxyNow(real.proxy)];
      const server = real.engine("decode-0-0");
      server.kill("SIGSTOP"); // it takes the request and does not read it
      using client = leaver(real.proxy, { prompt: words(60) });
      await expect.poll(() => proxyNow(real.proxy), polls).toMatchObject({ legs: 1, atDecode: 1 });
      client.leave();
      await expect
        .poll(() => proxyNow(real.proxy), polls)
        .toMatchObject({ ...notBusy, left: { decodeWait: left.decodeWait + 1 } });
      expect((await p()).kvUsage).toBeGreaterThan(0);
      await expect
        .poll(p, { ...polls, timeout: 3 * LEASE_SECONDS * 1000 })
        .toMatchObject({ ...idle, kvExpired: kvExpired + 1 });
      server.kill("SIGCONT"); // and finds a request whose client has left
      await allIdle();
      await expect.poll(async () => (await complete(real.proxy, words(20))).status, polls).toBe(200);
    });

    it(
      "a second prefill joins: what runs goes on, and decode pulls from both",
      async () => {
        const before = ["prefill-0-0", "decode-0-0"].map((id) => real.engine(id).pid);
        real.change(topology("nodes: [n0, n1], instances: 2"));
        const up = await real.pdctl("up", "--require-evidence");
        expect(up.code, said(up)).toBe(0);
        expect(up.stderr).toMatch(/P 2\/2, D 1\/1, (\d+) of \1 prompt tokens came from prefill \(counter\)/);
        expect(["prefill-0-0", "decode-0-0"].map((id) => real.engine(id).pid)).toEqual(before);
        const [d0, both] = [await d(), [await p(), await engineNow(second)]];
        const answers = await Promise.all([1, 2, 3, 4].map(() => complete(real.proxy, words(100))));
        const by = answers.map(({ headers }) => headers.get("x-pdctl-prefill"));
        expect(new Set(by)).toEqual(new Set([`${prefill}#0`, `${second}#0`]));
        const tokens = answers.reduce((sum, { promptTokens }) => sum + promptTokens, 0);
        await expect.poll(d, polls).toMatchObject({ pulled: d0.pulled + tokens, computed: d0.computed });
        const now = [await p(), await engineNow(second)];
        expect(now.map(({ computed }, at) => computed > (both[at]?.computed ?? 0))).toEqual([true, true]);
        expect((await real.pdctl("status")).stdout).toMatch(/real healthy · P 2\/2 · D 1\/1 · proxy ready/);
      },
      LOAD_MS,
    );

    it("down leaves nothing on any machine", async () => {
      const down = await real.pdctl("down");
      expect(down.code, said(down)).toBe(0);
      expect(down.stdout).toMatch(/real is gone from 3 of 3 nodes/);
      expect(real.leftovers()).toEqual([]);
    });
  },
);
