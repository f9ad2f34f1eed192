import { describe, expect, it } from "vitest";
import { hosts } from "./lab.ts";
import { engines, topology, two } from "./one-p-one-d.ts";
import { pdctl, start } from "./pdctl.ts";

const said = ({ stdout, stderr }: { stdout: string; stderr: string }) => stdout + stderr;

describe("a cluster with a lease", () => {
  it("is taken down by its nodes when its launcher was killed and nobody came back; a second up renews it", async () => {
    await using lab = await hosts(two);
    const file = topology("leased", { faults: { "*": { loadSeconds: 1 } } });
    {
      await using up = start(["up", file, "--ttl", "2s"]);
      await up.until(/engines +.*started/, { withinMs: 60_000 });
      await expect.poll(() => lab.hosts.flatMap(engines), { timeout: 30_000 }).toHaveLength(2);
      up.kill("SIGKILL"); // as a CI runner would
      await up.ended;
    }
    await expect.poll(() => lab.leftovers(), { timeout: 60_000 }).toEqual([]);
    const status = await pdctl(["status", file]);
    expect(status.code, said(status)).toBe(1);

    const up = await pdctl(["up", file, "--ttl", "30m", "--no-smoke"]);
    expect(up.code, said(up)).toBe(0);
    expect(said(up)).toMatch(/its nodes take it down 30m after the last launcher has left/);
    const lease = async () => JSON.parse((await pdctl(["status", file, "--json"])).stdout).lease;
    expect(await lease()).toMatchObject({ ttlSeconds: 1800 });
    const again = await pdctl(["up", file, "--ttl", "2h", "--no-smoke"]);
    expect(said(again)).toMatch(/already up/);
    expect(await lease()).toMatchObject({ ttlSeconds: 7200 });
    expect((await pdctl(["down", file])).code).toBe(0);
    expect(lab.leftovers()).toEqual([]);
  });
});
