import { sha256 } from "./files.ts";
import type { PlanFile, PlanStep, Service } from "./plan.ts";

/** What makes a running service another one: its command, environment, files and runtime. Not secrets' values, not pdctl's build. */
export const serviceHash = ({
  argv,
  env,
  runtime,
  vendor,
  files,
}: Pick<Service, "argv" | "env" | "runtime" | "vendor" | "files">): string =>
  sha256(JSON.stringify({ argv, env, runtime, vendor, files: files.map(identity) }));

/** The same for the whole cluster; the order of services is part of it. */
export const planHash = (
  services: readonly Pick<Service, "id" | "node" | "hash">[],
  setup: readonly PlanStep[] = [],
): string => sha256(JSON.stringify([...services.map(({ id, node, hash }) => [id, node, hash]), ...setup]));

const identity = (file: PlanFile) => ({ path: file.path, is: "content" in file ? file.sha256 : file.program });
