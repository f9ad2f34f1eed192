import type { Faults } from "../faults.ts";
import type { Connector, RankContext } from "../kv/connector.ts";
import { makeConnector } from "../kv/make.ts";
import { createLog } from "../log.ts";
import type { EngineConfig } from "../start/config.ts";
import type { KvConfig } from "../start/kv-config.ts";
import { BlockPool } from "./blocks.ts";
import { Counters } from "./counters.ts";
import { LocalRank } from "./local-rank.ts";

export interface MadeRank {
  readonly rank: LocalRank;
  readonly connector: Connector | undefined;
}

/** One engine of this process, with its cache and its connector (whose listeners are not open yet). */
export async function makeRank(
  rank: number,
  config: EngineConfig,
  env: NodeJS.ProcessEnv,
  faults: Faults,
  die: (rank: number, lines: readonly string[]) => void,
): Promise<MadeRank> {
  const context: RankContext = {
    rank,
    config,
    env,
    faults,
    pool: new BlockPool(config.blocks, config.blockSize),
    counters: new Counters({ nixl: usesNixl(config.kv) }),
    log: createLog(config.parallel.dp > 1 ? `EngineCore_DP${rank}` : "EngineCore"),
    die: (lines) => die(rank, lines),
  };
  let made: LocalRank | undefined;
  const connector =
    config.kv === undefined ? undefined : await makeConnector(config.kv, context, (blocks) => made?.free(blocks));
  made = new LocalRank(context, connector);
  context.log.info(
    "kv_cache_utils.py",
    `GPU KV cache size: ${(config.blocks * config.blockSize).toLocaleString("en")} tokens`,
  );
  return { rank: made, connector };
}

const usesNixl = (kv: KvConfig | undefined): boolean =>
  kv !== undefined && (kv.connector.startsWith("Nixl") || kv.inner.some(usesNixl));
