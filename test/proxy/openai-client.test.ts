import { expect, it } from "vitest";
import { logTo } from "../../src/proxy/books/log.ts";
import { startProxy } from "../../src/proxy/server.ts";
import { differences } from "../clients/difference.ts";
import { npmCalls } from "../clients/npm.ts";
import { engines, freePorts } from "../sim/engines.ts";

const host = engines();

async function engine(role: "producer" | "consumer") {
  const [port, side] = [await freePorts(1), await freePorts(1)];
  const kv = { kv_connector: "NixlConnector", kv_role: `kv_${role}`, kv_buffer_device: "cpu" };
  const args = `--host 127.0.0.1 --port ${port} --served-model-name tiny --max-model-len 8192 --enable-auto-tool-choice --tool-call-parser hermes --api-key key`;
  const env = { VLLM_NIXL_SIDE_CHANNEL_HOST: "127.0.0.1", VLLM_NIXL_SIDE_CHANNEL_PORT: String(side) };
  const words = ["pdctl/stand-in", ...args.split(" "), "--kv-transfer-config", JSON.stringify(kv)];
  return (await host.start(words, env).ready()).url;
}

it("every call that the openai package makes has the same answer through the proxy as from decode itself", {
  timeout: 60_000,
}, async () => {
  const [prefill, decode] = await Promise.all([engine("producer"), engine("consumer")]);
  const said: string[] = [];
  const proxy = await startProxy(
    {
      bind: "127.0.0.1",
      port: 0,
      family: "relay",
      prefill_policy: "round_robin",
      decode_policy: "round_robin",
      max_concurrent: 16,
      kv_hold_seconds: 30,
      targets: [
        { url: prefill, role: "prefill", slots: 1 },
        { url: decode, role: "decode", slots: 1 },
      ],
    },
    { log: logTo((line) => void said.push(line)), probeTimes: { upMs: 1_000, otherMs: 20, answerMs: 1_000 } },
  );
  try {
    const url = `http://127.0.0.1:${proxy.port}`;
    await expect.poll(async () => (await fetch(`${url}/health`)).status, { timeout: 10_000 }).toBe(200);
    const through = await npmCalls(url, "key");
    expect(differences(through, await npmCalls(decode, "key"))).toEqual({});
    expect(through).toMatchObject({
      completion: { choices: [{ finish_reason: "length" }], usage: { completion_tokens: 12 } },
      "completion, n": { choices: [{ index: 0 }, { index: 1 }] },
      "another model": { error: "NotFoundError", status: 404 },
      "a temperature that does not exist": { error: "BadRequestError", status: 400 },
      "an endpoint that is none": { status: 404 },
      "a stream that the client leaves": "text_completion",
    });
    expect(
      differences({ error: through["another model"] }, { error: (await npmCalls(url, "wrong"))["another model"] }),
    ).toEqual({
      error: expect.stringMatching(/AuthenticationError/),
    });
    const metrics = await (await fetch(`${url}/metrics`)).text();
    const reasons = [...metrics.matchAll(/^pdctl_proxy_bypass_total\{reason="(\w+)"\}/gm)].map(([, reason]) => reason);
    expect(new Set(reasons)).toEqual(new Set(["echo_logprobs", "other_api"])); // all else went through prefill
    expect(metrics).toMatch(/^pdctl_proxy_split_total\{reason="n"\} [1-9]/m);
    expect(metrics).toMatch(/^pdctl_proxy_split_total\{reason="prompt_list"\} [1-9]/m);
    expect(metrics).not.toMatch(/pdctl_proxy_(missing_kv_params|retries|kv_hold_expired)_total\{.*\} [1-9]/);
  } finally {
    await proxy.close(0);
  }
});
