import path from "node:path";
import { fixedHash } from "../../plan/hash.ts";
import { imageOf } from "../../plan/lists/images.ts";
import type { Plan, PlanFile, Service } from "../../plan/plan.ts";
import type { NodeFile, ServiceSpec } from "../../supervise/supervise.ts";
import { isLive } from "../changes/difference.ts";
import type { LiveNote } from "../changes/live-file.ts";
import type { Run } from "../run/run.ts";
import type { Answering } from "../smoke/witness.ts";

/**
 * What the node records of a service: enough for status, logs, smoke and down on any machine that can log in. Arguments and
 * environment ride along so that a later plan can say what differs; secrets are names only.
 */
export function specOf(service: Service, plan: Plan, generation: number): ServiceSpec {
  const { id, kind, role, instance, group, node, ranks, devices, listens, ready, runtime, hash, scratch, peers } =
    service;
  return {
    cluster: plan.cluster,
    generation,
    service: id,
    kind,
    role,
    instance,
    group,
    node,
    ranks,
    devices,
    listens: listens.filter(({ transient }) => transient !== true),
    ready,
    runtime,
    graceMs: service.stop.graceMs,
    hash,
    planHash: plan.hash,
    scratch,
    peers,
    note: {
      argv: service.argv,
      env: service.env,
      rehearsal: plan.rehearsal,
      whileStarting: listens.flatMap(({ port, transient }) => (transient === true ? [port] : [])),
      parts: partsOf(plan),
      ...(plan.restart !== undefined && { restart: true }),
      ...(service.gauges !== undefined && { gauges: service.gauges }),
      ...imageNote(plan, service),
      ...liveNote(service),
      ...(kind === "proxy" && { smoke: plan.smoke, targets: plan.targets, engines: enginesOf(plan) }),
    },
  };
}

/** The digest of its image, so that a later plan can say that the name means another one now. */
function imageNote(plan: Plan, service: Service): { image?: string } {
  const id = imageOf(plan, service)?.id;
  return id === undefined ? {} : { image: id };
}

/** What it reads again while it runs, so that it can be told anew without a plan. */
function liveNote(service: Service): { live?: LiveNote } {
  const file = service.files.find(isLive);
  if (file === undefined) return {};
  return { live: { link: file.link, name: file.name, content: file.content, fixed: fixedHash(service) } };
}

/** Which engine answers at which url, and where it runs: smoke reads its log. */
export function enginesOf(plan: Plan): readonly Answering[] {
  return plan.services.flatMap(({ id, role, listens, node, group, ranks, devices }) => {
    const http = listens.find(({ purpose }) => purpose === "http");
    const { ip, hardware } = plan.nodes.find(({ name }) => name === node) ?? {};
    if (role === null || http === undefined || ip === undefined || hardware === undefined) return [];
    const parts = partsOf(plan);
    return [{ service: id, url: `http://${ip}:${http.port}`, node, role, group, ranks, devices, hardware, parts }];
  });
}

/** Accelerators and connectors at work: whose causes can be behind a death. */
export const partsOf = ({ nodes, transfer, cache }: Plan): readonly string[] => [
  ...new Set([...nodes.map(({ hardware }) => hardware), transfer, ...(cache === null ? [] : [cache.connector])]),
];

/** The files of one node, each once: contents of the plan, programs from the launcher under a stable name. */
export async function filesOf(services: readonly Service[], stateDir: string, run: Run): Promise<readonly NodeFile[]> {
  const unique = new Map(services.flatMap(({ files }) => files).map((file) => [file.path, file]));
  return Promise.all([...unique.values()].map((file) => nodeFile(file, stateDir, run)));
}

const contentOnNode = ({ path, sha256, content, link }: Content): NodeFile => ({
  path,
  mode: 0o600,
  sha256,
  content: Buffer.from(content),
  ...(link !== undefined && { link }),
});
type Content = Extract<PlanFile, { content: string }>;

async function nodeFile(file: PlanFile, stateDir: string, run: Run): Promise<NodeFile> {
  if ("content" in file) return contentOnNode(file);
  const program = await run.program(file.program);
  return {
    path: path.posix.join(stateDir, "files", program.sha256),
    mode: file.program === "node" ? 0o700 : 0o600,
    sha256: program.sha256,
    content: { launcherPath: program.path, bytes: program.bytes },
    link: file.path,
  };
}
