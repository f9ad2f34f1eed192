import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Completion, complete, counted, countedUntil } from "./asking.ts";
import { type Cluster, cluster } from "./cluster.ts";
import { lacking, titled } from "./place.ts";
import { sample, sampled, stopped } from "./signals.ts";

const finished = /^vllm:request_success_total\{/;
const busy = (role: string) => new RegExp(`^pdctl_proxy_instance_inflight\\{.*role="${role}"`);
const LEASE = ["--set", "kv.transfer.lease_seconds=8"];

// Both engines load anew for some of these: half a minute each on two free cores, and many times that on busy ones.
describe.skipIf(lacking !== undefined)(
  titled("a real pair in which something goes wrong"),
  { timeout: 600_000 },
  () => {
    let real: Cluster;
    beforeAll(() => {
      real = cluster("real-faults", 28_500);
    });
    afterAll(() => real[Symbol.asyncDispose]());

    /** Brings it up, or finds it up already: what an earlier test broke is started again. */
    async function isUp(...set: readonly string[]): Promise<void> {
      const up = await real.pdctl("up", "--timeout", "8m", ...set);
      expect(up.exit, up.lines.join("\n")).toBe(0);
    }

    it("decode with another dtype comes up healthy: the proof fails, with decode's own line and what to make equal", async () => {
      const up = await real.pdctl("up", "--timeout", "8m", "--set", "decode.args.dtype=float32");
      expect(up.exit, up.lines.join("\n")).toBe(1);
      const said = up.lines.join("\n");
      expect(said).toMatch(/2 of 2/); // both engines were ready
      expect(said).toMatch(/smoke: answered 500/);
      expect(said).toMatch(/decode-0-0 says: RuntimeError: NIXL compatibility hash mismatch\. Local: \w+/);
      expect(said).toMatch(/\[nixl-compat\]/);
      expect(said).toMatch(/do +.*dtype/);
    });

    it("a proxy that slept while the KV of its request expired answers with an error, and decode is not asked", async () => {
      await isUp(...LEASE);
      const proxy = await real.server("proxy");
      const before = await sample(real.decode, finished);
      using prefill = stopped(await real.server("prefill-0-0"));
      const asked = complete(real.proxy, `${randomUUID()} the proxy will not be there when the ticket comes`);
      await sampled(real.proxy, busy("prefill"), (legs) => legs === 1);
      using asleep = stopped(proxy);
      prefill.goOn();
      await new Promise((resolve) => setTimeout(resolve, 12_000)); // prefill answers at once; then its lease runs out
      asleep.goOn();
      const answer = await asked;
      expect(answer.status).toBe(503);
      expect(answer.headers.get("x-pdctl-error")).toBe("kv.expired");
      expect(await sample(real.decode, finished)).toBe(before);
      expect((await complete(real.proxy, `${randomUUID()} and goes on`)).status).toBe(200);
      const { out } = await real.pdctl("logs", "prefill-0", "--tail", "200", "--grep", "Releasing expired KV blocks");
      expect(out).toMatch(/retrieved by 0 remote worker\(s\) before lease expired/);
    });

    it("decode that hangs until the KV has expired and then goes on: the client has an error by then, not KV of somebody else", async () => {
      await isUp(...LEASE);
      using decode = stopped(await real.server("decode-0-0"));
      const answer = await complete(real.proxy, `${randomUUID()} decode takes the ticket and does not look at it`);
      expect(answer.status).toBe(503);
      expect(answer.headers.get("x-pdctl-error")).toBe("kv.expired");
      decode.goOn();
      await sampled(real.proxy, /^pdctl_proxy_instance_up\{role="decode"/, (up) => up === 1);
      const prompt = `${randomUUID()} and it serves again`;
      const [over, own] = [
        await complete(real.proxy, prompt),
        await complete(real.decode, prompt, { cache_salt: randomUUID() }),
      ];
      expect([over.status, over.text]).toEqual([200, own.text]);
    });

    it("prefill killed between the legs is an error by default, never an answer from KV that is not there", async () => {
      await isUp(...LEASE);
      const answer = await killedBetweenTheLegs(`${randomUUID()} nobody has the keys of this`);
      expect([502, 503]).toContain(answer.status); // decode's 500 asked for a new prefill: its connection broke, or there is none
      expect(answer.headers.get("x-pdctl-error")).toMatch(/^target\.(broke|unreachable|none)$/);
      expect(answer.text).toBe("");
      const status = await real.pdctl("status");
      expect(status.exit).toBe(5);
      expect(status.out).toMatch(/✖ prefill-0 +died .*\[killed\]/);
      expect(status.out).toMatch(/P 0\/1/);
    });

    it("prefill killed between the legs under recompute: decode computes the prompt itself, and the answer is the right one", async () => {
      await isUp(...LEASE, "--set", "kv.transfer.kv_load_failure_policy=recompute");
      const prompt = `${randomUUID()} nobody has the keys of this either`;
      const before = await counted(real.decode);
      const answer = await killedBetweenTheLegs(prompt);
      expect(answer.status).toBe(200);
      const after = await countedUntil(real.decode, ({ computed }) => computed > before.computed);
      expect(after.bytes).toBe(before.bytes);
      const own = await complete(real.decode, prompt, { cache_salt: randomUUID() });
      expect(answer.text).toBe(own.text);
    });

    it("down takes away what is left of it", async () => {
      const down = await real.pdctl("down", "--discard-logs");
      expect(down.exit, down.lines.join("\n")).toBe(0);
      expect(await real.leftovers()).toEqual([]);
    });

    /** Decode is held still until the proxy has handed it the ticket and prefill is dead. */
    async function killedBetweenTheLegs(prompt: string): Promise<Completion> {
      const prefill = [await real.server("prefill-0-0"), ...real.cores("prefill-0-0")];
      using decode = stopped(await real.server("decode-0-0"));
      const asked = complete(real.proxy, prompt);
      await sampled(real.proxy, busy("decode"), (legs) => legs === 1);
      for (const pid of prefill) process.kill(pid, "SIGKILL");
      decode.goOn();
      return asked;
    }
  },
);
