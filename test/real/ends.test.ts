import { expect, it } from "vitest";
import { cluster } from "./cluster.ts";
import { lacking, titled } from "./place.ts";

it.skipIf(lacking !== undefined)(
  titled("a server that is killed leaves its engine core behind: status says died, down finds the orphan"),
  async () => {
    await using real = cluster("real-orphan");
    const up = await real.pdctl("up", "--no-smoke", "--timeout", "4m");
    expect(up.exit, up.lines.join("\n")).toBe(0);
    const [core] = real.cores("decode-0-0");
    process.kill(await real.server("decode-0-0"), "SIGKILL");
    const status = await real.pdctl("status");
    expect(status.exit).toBe(5);
    expect(status.out).toMatch(/✖ decode-0 +died .*; 2 processes of it live on \[killed\]/); // and multiprocessing's own tracker
    expect(real.cores("decode-0-0")).toEqual([core]);
    const down = await real.pdctl("down", "--discard-logs");
    expect(down.exit, down.lines.join("\n")).toBe(0);
    expect(await real.leftovers()).toEqual([]);
  },
);

it.skipIf(lacking !== undefined)(
  titled("an argument that no vLLM knows is refused before anything starts"),
  async () => {
    await using real = cluster("real-flag");
    const up = await real.pdctl("up", "--set", "prefill.args.enable-warp-drive=true");
    expect(up.exit).toBe(3);
    expect(up.lines.join("\n")).toMatch(/C07 +vLLM has no --enable-warp-drive/);
    expect((await real.pdctl("down", "--discard-logs")).exit).toBe(0);
    expect(await real.leftovers()).toEqual([]);
  },
);
