import type { Cause } from "../../diagnose/cause.ts";
import { libraryMissing, masterCauses, storeCauses } from "../mooncake-library/causes.ts";

/** Source: vllm-ascend, mooncake_backend.py, memcache_backend.py, yuanrong_backend.py. */
export const causes: readonly Cause[] = [
  libraryMissing,
  ...storeCauses,
  {
    id: "store-file",
    pattern: /The environment variable '(MMC_LOCAL_CONFIG_PATH|YR_CONFIG_PATH)' is not set/,
    says: "the store's backend has no file of its own",
    remedy: [
      "engine.env: { MMC_LOCAL_CONFIG_PATH: … } for memcache, YR_CONFIG_PATH for yuanrong",
      "kv.cache.backend: mooncake",
    ],
  },
  ...masterCauses,
];
