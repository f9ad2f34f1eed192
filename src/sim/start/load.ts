import { setTimeout as sleep } from "node:timers/promises";
import type { Faults } from "../faults.ts";

/** The weights "load": a progress line per shard on stderr, as tqdm writes them. */
export async function loadWeights({ loadSeconds, shards, neverReady }: Faults, signal: AbortSignal): Promise<void> {
  for (let done = 0; done <= shards; done++) {
    if (done > 0 && loadSeconds > 0) await sleep((loadSeconds * 1000) / shards, undefined, { signal });
    const percent = shards === 0 ? 100 : Math.floor((done * 100) / shards);
    const each = shards === 0 ? 0 : loadSeconds / shards;
    process.stderr.write(
      `Loading safetensors checkpoint shards: ${String(percent).padStart(3)}% Completed | ${done}/${shards} [${clock(done * each)}<${clock((shards - done) * each)}, ${each.toFixed(2)}s/it]\n`,
    );
    if (neverReady && done >= shards / 2)
      await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));
  }
}

const clock = (seconds: number) =>
  `${String(Math.floor(seconds / 60)).padStart(2, "0")}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
