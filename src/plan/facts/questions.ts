import { hardware } from "../../hardware/index.ts";
import { imageKey } from "../lists/images.ts";
import type { Plan } from "../plan.ts";
import { isOnHost } from "../seats/container.ts";
import { preloads, realEngines } from "./real-engines.ts";

/** What one node is asked for a plan, beside what every node is asked. Lists may be empty, texts too. */
export interface Question {
  readonly node: string;
  /** Absolute paths, or below ~: there or not. */
  readonly paths: readonly string[];
  /** The node's own name, when its address is not in the topology. */
  readonly host: string;
  /** Interpreter whose packages tell versions; empty: not asked. */
  readonly python: string;
  readonly modules: readonly string[];
  /** Directory of the model; empty: the node runs no engine that reads it, or it is no path. */
  readonly model: string;
  readonly directories: readonly string[];
  /** `docker NAME`. */
  readonly containers: readonly string[];
  /** `docker IMAGE`: which one of that name it has. */
  readonly images: readonly string[];
  /** Scripts of templates/gather that list devices. */
  readonly lists: readonly string[];
}

/** One question for each node of the plan. A stand-in needs neither model nor device nor module, so nothing is asked for it. */
export function questions(plan: Plan): readonly Question[] {
  return plan.nodes.map((node) => {
    const engines = realEngines(plan).filter((each) => each.node === node.name);
    const own = engines.filter(isOnHost);
    const accelerator = hardware.get(node.hardware);
    const list = engines.length === 0 ? undefined : accelerator?.lists;
    const plugin = accelerator?.plugin;
    const model = isPath(plan.model.path) ? plan.model.path : "";
    return {
      node: node.name,
      paths: distinct([...(model === "" ? [] : [model]), ...own.flatMap(preloads)]),
      host: node.ip.startsWith("<fact:") ? node.host : "",
      python: pythonOf(plan, node.name),
      modules: distinct([...(node.asks?.modules ?? []), ...(plugin ? [plugin.module] : [])]),
      model: own.length === 0 ? "" : model,
      directories: node.asks?.directories ?? [],
      containers: distinct(
        engines.flatMap(({ runtime }) => ("container" in runtime ? [`${runtime.kind} ${runtime.container}`] : [])),
      ),
      images: (plan.images ?? []).flatMap((one) => (one.node === node.name ? [imageKey(one)] : [])),
      lists: list === undefined ? [] : [list],
    };
  });
}

const isPath = (text: string) => /^~?\//.test(text);
const distinct = (texts: readonly string[]) => [...new Set(texts)];

/** Of the engines' virtual environment: it knows which vLLM they are. Elsewhere nobody is asked, as nobody knows which one it would be. */
function pythonOf({ services }: Plan, name: string): string {
  const engine = services.find((one) => one.node === name && one.kind === "engine" && isOnHost(one));
  const venv = engine?.env["VIRTUAL_ENV"];
  return typeof venv === "string" ? `${venv.replace(`<fact:home@${name}>`, "~")}/bin/python` : "";
}
