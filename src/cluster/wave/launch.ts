import type { Plan, Service } from "../../plan/plan.ts";
import { launchScript } from "../../render/index.ts";
import { type NodeFile, start } from "../../supervise/index.ts";
import type { Phase } from "../events.ts";
import type { Fleet } from "../fleet/fleet.ts";
import { NodeErrors, userError } from "../run/node-errors.ts";
import type { Run } from "../run/run.ts";
import type { Scene } from "./scene.ts";
import { filesOf, specOf } from "./spec.ts";

/** What every start of one `up` shares. */
export interface Launch {
  readonly plan: Plan;
  readonly generation: number;
  readonly secrets: Readonly<Record<string, string>>;
}

const stateDirOf = (plan: Plan, node: string) => plan.nodes.find(({ name }) => name === node)?.stateDir ?? "";

/** Puts every file that the services need on their nodes; what is there already is not sent again. */
export async function push(
  services: readonly Service[],
  launch: Launch,
  fleet: Fleet,
  run: Run,
): Promise<{ files: number; bytes: number; nodes: number }> {
  const nodes = [...new Set(services.map(({ node }) => node))];
  const pushed = await fleet.all(async (session, node) => {
    const files = await filesOf(
      services.filter((one) => one.node === node),
      stateDirOf(launch.plan, node),
      run,
    );
    await start(session, ask(launch, node, files, [], run), fleet.scripts, run.signal);
    return files;
  }, nodes);
  const files = [...pushed.values()].flat();
  return { files: files.length, bytes: files.reduce((sum, file) => sum + sizeOf(file), 0), nodes: nodes.length };
}

const sizeOf = ({ content }: NodeFile) => (Buffer.isBuffer(content) ? content.length : content.bytes);

/** Starts services on their nodes, all nodes at once. One that could not be started is in the answer with its reason. */
export async function startAll(
  services: readonly Service[],
  phase: Phase,
  launch: Launch,
  scene: Scene,
  fleet: Fleet,
  run: Run,
): Promise<readonly { service: string; why: string }[]> {
  const on = (node: string) => services.filter((one) => one.node === node);
  const outcomes = await fleet.on(
    (session, node) => start(session, ask(launch, node, [], on(node), run), fleet.scripts, run.signal),
    [...new Set(services.map(({ node }) => node))],
  );
  const failed: { service: string; why: string }[] = [];
  for (const one of outcomes.flatMap((outcome) => (outcome.ok ? outcome.value : []))) {
    if (one.outcome === "started" || one.outcome === "kept") {
      scene.generations.set(one.service, launch.generation);
      scene.become(one.service, "starting", phase, { pid: one.identity.pid });
    } else
      failed.push({
        service: one.service,
        why: one.outcome === "failed" ? one.why : `it already runs with other arguments (${one.runningHash})`,
      });
  }
  // Asked, and no answer came: it may run. Nobody shall read that nothing was started.
  const silent = outcomes.flatMap((outcome) => (outcome.ok ? [] : [outcome]));
  for (const { id } of silent.flatMap(({ node }) => on(node))) scene.become(id, "unknown", phase);
  run.signal.throwIfAborted();
  if (silent.length > 0)
    throw new NodeErrors(
      silent.map(({ error }) => userError(error)),
      launch.plan.nodes.length,
    );
  return failed;
}

function ask(
  { plan, generation, secrets }: Launch,
  node: string,
  files: readonly NodeFile[],
  services: readonly Service[],
  run: Run,
) {
  const template = run.templates["launch/launch"] ?? "";
  return {
    stateDir: stateDirOf(plan, node),
    owner: run.owner,
    files,
    services: services.map((service) => ({
      spec: specOf(service, plan, generation),
      launch: launchScript(service, plan, template),
      secrets: Object.fromEntries(service.secrets.map((name) => [name, secrets[name] ?? ""])),
    })),
    replace: false, // what differs was stopped before, group by group
  };
}
