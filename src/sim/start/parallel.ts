import { createHash } from "node:crypto";
import { invalid, raised } from "../fatal.ts";
import type { Log } from "../log.ts";
import type { Parsed } from "./argv.ts";
import { flagOf, integerOr, optionalInteger, optionalText } from "./values.ts";

/** How this process takes part in its data-parallel group and in its engine. */
export interface Parallel {
  readonly tp: number;
  readonly pp: number;
  readonly pcp: number;
  readonly dcp: number;
  /** Devices of one engine: tp·pp·pcp. */
  readonly world: number;
  readonly dp: number;
  /** Engines in this process. */
  readonly dpLocal: number;
  /** Global rank of the first of them. */
  readonly start: number;
  readonly mode: "internal" | "hybrid" | "external" | "multi-port";
  readonly headless: boolean;
  readonly address: string;
  readonly rpcPort: number;
  readonly supervisorPort: number;
  /** Processes that one engine spans, and which of them this is. */
  readonly nodesOfEngine: number;
  readonly nodeOfEngine: number;
  readonly masterAddress: string;
  readonly masterPort: number;
  readonly moe: boolean;
  /** What all ranks of a group must have in common. */
  readonly hash: string;
}

/**
 * The load-balancing mode and the ranks, with vLLM's refusals.
 * Source: launch.md §1.2–§1.4; start-rank 0 counts as given (0.28 and later).
 */
export function parallelOf(args: Parsed, modelKind: "moe" | "dense" | undefined, log: Log): Parallel {
  const tp = integerOr(args, "tensor-parallel-size", 1);
  const pp = integerOr(args, "pipeline-parallel-size", 1);
  const pcp = integerOr(args, "prefill-context-parallel-size", 1);
  const dcp = integerOr(args, "decode-context-parallel-size", 1);
  const dp = integerOr(args, "data-parallel-size", 1);
  const headless = flagOf(args, "headless");
  const nnodes = integerOr(args, "nnodes", 1);
  const nodeRank = integerOr(args, "node-rank", 0);
  const world = tp * pp * pcp;
  if (dcp > 1 && tp % dcp !== 0) throw invalid("ParallelConfig", `tp_size=${tp} must be divisible by dcp_size=${dcp}.`);
  if (pcp > 1 && dp > 1)
    throw invalid("ParallelConfig", "Prefill context parallelism cannot be combined with data parallelism.");

  refuseModes(args, headless);
  const spread = nodesOf({ nnodes, nodeRank, dp, world });
  const lb = balance(args, { dp, headless, ...spread }, log);
  if (lb.external && dp > 1 && modelKind === "dense") {
    throw raised(
      "ValueError",
      "Non-MoE models do not support external data parallel mode. For external load balancing, launch independent vLLM instances without --data-parallel-* arguments.",
    );
  }
  if (lb.external && dp <= 1)
    throw invalid("ParallelConfig", "data_parallel_external_lb can only be set when data_parallel_size > 1");
  if (lb.local > dp)
    throw invalid("ParallelConfig", `data_parallel_size_local (${lb.local}) must be <= data_parallel_size (${dp})`);
  if (lb.rank < 0 || lb.rank >= dp)
    throw invalid("ParallelConfig", `data_parallel_rank (${lb.rank}) must be in the range [0, ${dp})`);
  if (headless && lb.local <= 0) throw raised("ValueError", "data_parallel_size_local must be > 0 in headless mode");

  const expertParallel = flagOf(args, "enable-expert-parallel");
  const shared = {
    tp,
    pp,
    pcp,
    dcp,
    dp,
    expertParallel,
    all2all: optionalText(args, "all2all-backend"),
    eplb: flagOf(args, "enable-eplb"),
    eplbConfig: args.get("eplb-config"),
    dbo: flagOf(args, "enable-dbo"),
  };
  const master = optionalText(args, "master-addr") ?? "127.0.0.1";
  return {
    tp,
    pp,
    pcp,
    dcp,
    world,
    dp,
    dpLocal: lb.local,
    start: lb.rank,
    mode: lb.mode,
    headless,
    address: optionalText(args, "data-parallel-address") ?? (nnodes > 1 ? master : "127.0.0.1"),
    rpcPort: integerOr(args, "data-parallel-rpc-port", 29550),
    supervisorPort: integerOr(args, "data-parallel-supervisor-port", 9256),
    nodesOfEngine: spread.nodesOfEngine,
    nodeOfEngine: nodeRank % spread.nodesOfEngine,
    masterAddress: master,
    masterPort: integerOr(args, "master-port", 29501),
    moe: modelKind === undefined ? expertParallel : modelKind === "moe",
    hash: createHash("sha256").update(JSON.stringify(shared)).digest("hex"),
  };
}

/** The refusals that depend on flags alone, before any configuration is made. */
function refuseModes(args: Parsed, headless: boolean): void {
  const servers = optionalInteger(args, "api-server-count");
  if (headless && servers !== undefined && servers > 0) {
    throw raised(
      "ValueError",
      `--api-server-count=${servers} cannot be used with --headless (no API servers are started in headless mode).`,
    );
  }
  const multiPort = flagOf(args, "data-parallel-multi-port-external-lb");
  const external = flagOf(args, "data-parallel-external-lb") || args.has("data-parallel-rank");
  const asked = flagOf(args, "data-parallel-hybrid-lb");
  const hybrid = asked || (!multiPort && args.has("data-parallel-start-rank"));
  if ([multiPort, external, hybrid].filter(Boolean).length > 1) {
    throw raised(
      "ValueError",
      "Cannot use more than one data parallel load balancing mode. Choose one of: --data-parallel-multi-port-external-lb, --data-parallel-external-lb (or --data-parallel-rank), --data-parallel-hybrid-lb (or --data-parallel-start-rank).",
    );
  }
  if (headless && asked) throw raised("AssertionError", "data_parallel_hybrid_lb is not applicable in headless mode");
}

function nodesOf({ nnodes, nodeRank, dp, world }: { nnodes: number; nodeRank: number; dp: number; world: number }) {
  if (nnodes <= 1) return { nnodes, nodeRank, nodesOfEngine: 1, inferredRank: 0, inferredLocal: undefined };
  const all = world * dp;
  if (all % nnodes !== 0) throw raised("AssertionError", `world_size=${all} must be divisible by nnodes=${nnodes}.`);
  if (nodeRank >= nnodes) throw raised("AssertionError", `node_rank=${nodeRank} must be less than nnodes=${nnodes}.`);
  const local = all / nnodes;
  return {
    nnodes,
    nodeRank,
    nodesOfEngine: Math.max(1, Math.ceil(world / local)),
    inferredRank: Math.floor((nodeRank * local) / world),
    inferredLocal: Math.max(Math.floor(local / world), 1),
  };
}

interface Balance {
  readonly mode: Parallel["mode"];
  readonly external: boolean;
  readonly local: number;
  readonly rank: number;
}

function balance(
  args: Parsed,
  group: { dp: number; headless: boolean; nnodes: number; inferredRank: number; inferredLocal: number | undefined },
  log: Log,
): Balance {
  const { dp, headless, nnodes, inferredRank } = group;
  const startRank = optionalInteger(args, "data-parallel-start-rank");
  const givenLocal = optionalInteger(args, "data-parallel-size-local");
  if (flagOf(args, "data-parallel-multi-port-external-lb")) return multiPort(dp, givenLocal, startRank ?? inferredRank);
  const inferred = flagOf(args, "data-parallel-external-lb") && nnodes > 1 && dp > 1 ? inferredRank : undefined;
  const rank = optionalInteger(args, "data-parallel-rank") ?? inferred;
  if (flagOf(args, "data-parallel-external-lb") || rank !== undefined) {
    if (rank === undefined)
      throw raised(
        "AssertionError",
        "data_parallel_rank or node_rank must be specified if data_parallel_external_lb is enable.",
      );
    if (givenLocal !== undefined && givenLocal !== 1) {
      throw raised(
        "ValueError",
        `Invalid data-parallel launch options: an external data-parallel rank requires \`--data-parallel-size-local 1\`; got ${givenLocal}. Set it to 1 or omit it.`,
      );
    }
    return { mode: "external", external: true, local: 1, rank };
  }
  const asked = flagOf(args, "data-parallel-hybrid-lb");
  const local = givenLocal ?? (nnodes > 1 ? group.inferredLocal : undefined);
  if (local === undefined) {
    if (asked)
      throw raised(
        "ValueError",
        "Invalid data-parallel launch options: `--data-parallel-hybrid-lb` requires `--data-parallel-size-local`. Set it to the number of data-parallel ranks on this node.",
      );
    return { mode: "internal", external: false, local: dp, rank: startRank ?? 0 };
  }
  const hybrid = asked || (startRank !== undefined && !headless);
  const first = startRank ?? inferredRank;
  if (hybrid && local === 1) {
    log.warning(
      "arg_utils.py",
      "data_parallel_hybrid_lb is not eligible when data_parallel_size_local = 1, autoswitch to data_parallel_external_lb.",
    );
    return { mode: "external", external: true, local: 1, rank: first };
  }
  return { mode: hybrid && local !== dp ? "hybrid" : "internal", external: false, local, rank: first };
}

function multiPort(dp: number, local: number | undefined, rank: number): Balance {
  if (local === undefined || local < 2 || dp % local !== 0) {
    throw raised(
      "ValueError",
      `--data-parallel-multi-port-external-lb needs a --data-parallel-size-local of at least 2 that divides --data-parallel-size (got ${local ?? "none"} of ${dp}).`,
    );
  }
  return { mode: "multi-port", external: true, local, rank };
}
