import type { Session } from "../../nodes/index.ts";
import { grouped } from "../../once.ts";
import { imageOf, shortId, withImages } from "../../plan/lists/images.ts";
import type { Plan, PlanImage, Service } from "../../plan/plan.ts";
import { LEASE_S, lines } from "../../supervise/index.ts";
import { several } from "../../words/numbers.ts";
import type { Fleet } from "../fleet/fleet.ts";
import { phase } from "../run/phase.ts";
import type { Run } from "../run/run.ts";
import { type NotPulled, notPulled, PULL_LIMIT_S } from "./not-pulled.ts";
import type { Survey } from "./survey.ts";

const SAID_MS = 1_000;
const KEPT = 10;

/** What a node has under an image's name, after it was asked or has pulled. */
interface Had {
  readonly image: PlanImage;
  readonly how: "there" | "pulled";
  readonly id: string;
}

/**
 * Every node on which a container is to start gets its image now, all nodes at once, unless it has it. A failure ends the verb.
 * @param all  an image that is always pulled is so too where nothing starts
 * @returns the plan with what the nodes have now
 */
export async function pull(
  { plan, standing }: Pick<Survey, "plan" | "standing">,
  { starts, all }: { readonly starts: readonly Service[]; readonly all: boolean },
  sure: () => Promise<void>,
  fleet: Fleet,
  run: Run,
): Promise<Plan> {
  const starting = new Set(starts.map((service) => imageOf(plan, service)));
  const wanted = (plan.images ?? []).filter((image) => starting.has(image) || (all && image.pull === "always"));
  if (wanted.length === 0) return plan;
  const { had } = await phase(run, "pull", async () => {
    await sure();
    const nodes = [...new Set(wanted.map(({ node }) => node))];
    const heard = hearing(nodes, run);
    const seen = await fleet.all(async (session, node) => {
      const stateDir = plan.nodes.find(({ name }) => name === node)?.stateDir ?? "";
      const ends: (Had | NotPulled)[] = [];
      for (const images of byTool(wanted.filter((image) => image.node === node)))
        ends.push(...(await onNode(session, images, stateDir, (text) => heard.said(node, text), run)));
      heard.done(node);
      return ends;
    }, nodes);
    const ends = [...seen.values()].flat();
    const failed = ends.filter((one) => "why" in one);
    if (failed.length > 0) throw notPulled(failed, standing, run);
    const had = ends.filter((one) => "id" in one);
    return { text: `${pulledText(had)} on ${several(nodes.length, "node")}`, had };
  });
  const now = new Map(had.map(({ image, id }) => [image, id]));
  return withImages(plan, (image) => now.get(image) ?? image.id);
}

const byTool = (images: readonly PlanImage[]) => grouped(images, ({ tool }) => tool).values();

const parts = ["supervise/proc", "supervise/gate", "supervise/fence", "cluster/pull"];

/** @param images  of one node and tool, at least one */
async function onNode(
  session: Session,
  images: readonly PlanImage[],
  stateDir: string,
  hear: (text: string) => void,
  run: Run,
): Promise<readonly (Had | NotPulled)[]> {
  const [{ tool } = { tool: "" }] = images;
  const ask = {
    script: parts.map((name) => run.templates[name] ?? "").join("\n"),
    changes: ["pull", ...images.map(({ image }) => image)],
    values: {
      PD_STATE: stateDir,
      PD_TOOL: tool,
      PD_IMAGES: images.map(({ image }) => image),
      PD_PULLS: images.map((one) => one.pull),
      PD_SECONDS: String(PULL_LIMIT_S),
      PD_LEASE_S: LEASE_S,
    },
    signal: run.signal,
    what: `${tool} pull`,
  };
  const ends: (Had | NotPulled)[] = [];
  let said: string[] = [];
  for await (const record of lines(session.stream(ask))) {
    const [kind, value = "", name = ""] = record.split("\t");
    const image = images.find((one) => one.image === name);
    if (kind === "line") {
      const text = record.slice("line\t".length).trim();
      if (text !== "") said = [...said, text].slice(-KEPT);
      if (text !== "") hear(text);
    } else if (image !== undefined) {
      if (kind === "there" || kind === "pulled") ends.push({ image, how: kind, id: value });
      else if (kind === "absent") ends.push({ image, why: "never", said });
      else if (kind === "failed") ends.push({ image, why: Number(value), said });
      said = [];
    }
  }
  return ends;
}

/** `1 image pulled, vllm/vllm-openai:nightly changed 4f2a91bc0d12 → 0b6e6d2c9a1f, 2 there already` */
function pulledText(had: readonly Had[]): string {
  const pulled = had.filter(({ how }) => how === "pulled");
  const changed = new Set(
    pulled.flatMap(({ image, id }) =>
      image.id !== undefined && image.id !== id ? [`${image.image} changed ${shortId(image.id)} → ${shortId(id)}`] : [],
    ),
  );
  const [fresh, same] = [
    pulled.filter(({ image }) => image.id === undefined).length,
    pulled.filter(({ image, id }) => image.id === id).length,
  ];
  const there = had.length - pulled.length;
  return [
    ...(fresh > 0 ? [`${several(fresh, "image")} pulled`] : []),
    ...changed,
    ...(same > 0 ? [`${same} as before`] : []),
    ...(there > 0 ? [`${there} there already`] : []),
  ].join(", ");
}

/** Says how far it is, about once a second: the node that wrote last, and what. */
function hearing(nodes: readonly string[], run: Run) {
  const began = run.clock();
  const open = new Set(nodes);
  let saidAt = Number.NEGATIVE_INFINITY;
  const said = (node: string, text: string) => {
    if (run.clock() - saidAt < SAID_MS) return;
    saidAt = run.clock();
    const seconds = Math.round(run.clock() - began) / 1000;
    const counts = { ready: nodes.length - open.size, of: nodes.length };
    const line = `${counts.ready} of ${several(counts.of, "node")}; ${node}: ${text}`;
    run.emit({ type: "phase", phase: "pull", level: "info", data: { state: "running", text: line, seconds } });
    const data = { ...counts, seconds, limit: PULL_LIMIT_S, behind: [node], text };
    run.emit({ type: "progress", phase: "pull", level: "info", data });
  };
  return { said, done: (node: string) => open.delete(node) };
}

/** Whether a node is to have an image before an engine of this plan starts there. */
export const pullsImages = ({ images = [] }: Pick<Plan, "images">) => images.length > 0;
