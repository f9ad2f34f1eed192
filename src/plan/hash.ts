import { sha256 } from "./files.ts";
import type { PlanFile, PlanStep, Service } from "./plan.ts";

type Hashed = Pick<Service, "argv" | "env" | "runtime" | "vendor" | "files">;

/** What makes a running service another one: its command, environment, files and runtime. Not secrets' values, not pdctl's build. */
export function serviceHash(service: Hashed): string {
  const live = service.files.flatMap((file) => ("link" in file ? [file.sha256] : []));
  return live.length === 0 ? fixedHash(service) : liveHash(fixedHash(service), live);
}

/** The same without what it reads again while it runs: where only that differs, nothing has to be restarted. */
export const fixedHash = ({ argv, env, runtime, vendor, files }: Hashed): string =>
  sha256(JSON.stringify({ argv, env, runtime, vendor, files: files.map(identity) }));

/** @param live digests of the files that it reads again */
export const liveHash = (fixed: string, live: readonly string[]): string => sha256(JSON.stringify([fixed, ...live]));

/** The same for the whole cluster; the order of services is part of it. */
export const planHash = (
  services: readonly Pick<Service, "id" | "node" | "hash">[],
  setup: readonly PlanStep[] = [],
): string => sha256(JSON.stringify([...services.map(({ id, node, hash }) => [id, node, hash]), ...setup]));

function identity(file: PlanFile) {
  if ("program" in file) return { path: file.path, is: file.program };
  return file.link === undefined ? { path: file.path, is: file.sha256 } : { path: file.link };
}
