import { expect, it } from "vitest";
import { hosts } from "./lab.ts";
import { engines, topology, two } from "./one-p-one-d.ts";
import { pdctl } from "./pdctl.ts";

it("a data-parallel group over two nodes whose rank is killed comes back whole, with the launcher gone", async () => {
  await using lab = await hosts(two);
  const file = topology("kept", {
    decode: ", nodes: [n0, n1], parallel: { dp: 2, dp_lb: external, expert_parallel: true, rpc_port: 13395 }",
    more: ["restart: { policy: on-failure, max: 5, window: 10m }"],
  });
  const up = await pdctl(["up", file]);
  expect(up.code, up.stdout + up.stderr).toBe(0);
  const [head, rank] = lab.hosts.map((host) => engines(host).filter((one) => one.includes("decode-0")));
  const pid = Number(rank?.[0]?.split(" ")[1]);
  lab.host("n1").kill(pid);
  const fresh = () => {
    const now = lab.hosts.map((host) => engines(host).filter((one) => one.includes("decode-0")));
    return now.every((mine, index) => mine.length === 1 && mine[0] !== [head, rank][index]?.[0]);
  };
  await expect.poll(fresh, { timeout: 60_000, interval: 200 }).toBe(true);
  const status = async () => (await pdctl(["status", "kept"])).stdout;
  await expect.poll(status, { timeout: 60_000, interval: 500 }).toMatch(/degraded, serving · P 1\/1 · D 2\/2/);
  expect(await status()).toMatch(
    /⚠ prefill-0 +ready .* holds a handshake with decode-0, which its node started again \[stale-peer\]/,
  );
  const plan = await pdctl(["plan", file, "--changes"]);
  expect(plan.stdout).toMatch(/~ restart +prefill-0 +peer of decode-0, which its node started again/);
  expect((await pdctl(["up", file])).code).toBe(0);
  expect((await pdctl(["status", "kept"])).code).toBe(0);
  const down = await pdctl(["down", file]);
  expect(down.code, down.stdout + down.stderr).toBe(0);
  expect(lab.leftovers()).toEqual([]);
});
