import { expect, it } from "vitest";
import { block } from "./faults.ts";
import { hosts } from "./lab.ts";
import { topology, two } from "./one-p-one-d.ts";
import { pdctl } from "./pdctl.ts";

it("a firewall between decode and prefill is named before anything is started, and what it lets through is no trouble", async () => {
  await using lab = await hosts(two);
  const [prefill, decode] = [lab.host("n0"), lab.host("n1")];
  const file = topology("filtered");
  {
    await using _wall = await block(prefill, { from: decode, port: 5600 });
    const up = await pdctl(["up", file]);
    expect(up.code, up.stdout + up.stderr).toBe(8);
    expect(up.stdout + up.stderr).toContain("N13 n1 → n0: 5600 filtered (no answer in 3s)");
    expect(up.stdout + up.stderr).toContain("open 5600/tcp on n0 for n1");
    expect(lab.leftovers()).toEqual([]);
  }
  const up = await pdctl(["up", file]);
  expect(up.code, up.stdout + up.stderr).toBe(0);
  expect((await pdctl(["down", file])).code).toBe(0);
  expect(lab.leftovers()).toEqual([]);
});
