import type { z } from "zod";
import { errorAt } from "../findings/finding.ts";
import type { Finding, Path } from "../rule.ts";
import type { runtime } from "../shape/engine.ts";
import type { Runtime } from "../topology.ts";

type Keys = z.infer<typeof runtime>;

/** One of four: plain processes, units of systemd, a container of our own from an image, or processes in a running container. */
export function resolveRuntime(
  keys: Keys,
  at: Path,
): { readonly runtime: Runtime; readonly findings: readonly Finding[] } {
  const { kind = "process", image, container } = keys;
  const wrong = whatIsWrong({ ...keys, kind });
  const findings =
    wrong === undefined ? [] : [errorAt([...at, wrong.key], "runtime", wrong.title, { remedy: wrong.remedy })];
  if (kind === "process") return { runtime: { kind }, findings };
  if (kind === "systemd") return { runtime: { kind, scope: keys.scope ?? "user" }, findings };
  if (container !== undefined) return { runtime: { kind, container }, findings };
  const { pull = "missing", privileged = false, cap_add: capAdd = [], mounts = [], options = [] } = keys;
  const words = options.map(String);
  return { runtime: { kind, image: image ?? "", pull, privileged, capAdd, mounts, options: words }, findings };
}

const OF_IMAGE = ["pull", "privileged", "cap_add", "mounts", "options"] as const;

function whatIsWrong(keys: Keys & { kind: string }): { key: string; title: string; remedy: string } | undefined {
  const { kind, scope, image, container } = keys;
  const extra = OF_IMAGE.find((key) => keys[key] !== undefined);
  if (scope !== undefined && kind !== "systemd")
    return { key: "scope", title: `runtime ${kind} has no scope`, remedy: "kind: systemd, or take scope out" };
  if (kind === "process" || kind === "systemd") {
    const key = image !== undefined ? "image" : container !== undefined ? "container" : extra;
    return (
      key && {
        key,
        title: `runtime has ${key}, which a ${kind === "process" ? "plain process" : "unit"} has not`,
        remedy: "kind: docker, or kind: podman",
      }
    );
  }
  if (image !== undefined && container !== undefined) {
    return {
      key: "container",
      title: "runtime has an image and a container",
      remedy: "image: one is started per engine; container: a running one is entered",
    };
  }
  if (image === undefined && container === undefined) {
    return {
      key: "kind",
      title: `runtime ${kind} has neither image nor container`,
      remedy: "image: NAME, or container: NAME of a running one",
    };
  }
  if (container !== undefined && extra !== undefined) {
    return {
      key: extra,
      title: `runtime has ${extra}, which a running container has already been given or not`,
      remedy: `take ${extra} out, or start one from an image`,
    };
  }
  return undefined;
}
