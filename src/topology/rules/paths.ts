import type { Path, Rule } from "../rule.ts";
import type { Topology } from "../topology.ts";

/** C04: services start in a directory of pdctl's, so a path has to begin at the root, or at the home. Source: launch.md §10.8, §0 (seed 004). */
export const c04: Rule<Topology, { what: string; path: string }> = {
  id: "C04",
  level: "error",
  *check(topology) {
    for (const { at, what, path, names } of paths(topology)) {
      const relative =
        names === true ? /^\.{0,2}\//.test(path) && !path.startsWith("/") : !/^(\/|~\/|~$|\$\{)/.test(path);
      if (relative) yield { at, mark: "value", data: { what, path } };
    }
  },
  message: ({ what, path }) => `${what} ${path} is relative, and services start in a directory of their own`,
  remedy: ({ path }) => `an absolute path, or one below ~: ~/${path.replace(/^(\.{1,2}\/)+/, "")}`,
};

interface Written {
  readonly at: Path;
  readonly what: string;
  readonly path: string;
  /** A bare name means something else here: a model on a hub, a volume of docker's. */
  readonly names?: boolean;
}

function* paths({ model, nodes, instances }: Topology): Iterable<Written> {
  yield { at: ["model", "path"], what: "model.path", path: model.path, names: true };
  if (model.tokenizer !== undefined)
    yield { at: ["model", "tokenizer"], what: "model.tokenizer", path: model.tokenizer, names: true };
  for (const { path, stateDir, mounts } of nodes) {
    if (stateDir !== undefined) yield { at: [...path, "state_dir"], what: "state_dir", path: stateDir };
    for (const [index, mount] of mounts.entries())
      yield { at: [...path, "mounts", index], what: "mount", path: source(mount), names: mount.includes(":") };
  }
  for (const { path, engine } of instances) {
    if (engine.venv !== undefined) yield { at: [...path, "venv"], what: "venv", path: engine.venv };
    const mounts = "image" in engine.runtime ? engine.runtime.mounts : [];
    for (const [index, mount] of mounts.entries())
      yield {
        at: [...path, "runtime", "mounts", index],
        what: "mount",
        path: source(mount),
        names: mount.includes(":"),
      };
  }
}

const source = (mount: string) => mount.split(":")[0] ?? mount;
