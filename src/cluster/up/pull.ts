import { causes } from "../../diagnose/index.ts";
import type { Session } from "../../nodes/index.ts";
import type { Plan, Service } from "../../plan/plan.ts";
import { LEASE_S, lines } from "../../supervise/index.ts";
import { folded } from "../../words/names.ts";
import { limit, several } from "../../words/numbers.ts";
import type { FindingData } from "../events.ts";
import type { Fleet } from "../fleet/fleet.ts";
import { phase } from "../run/phase.ts";
import type { Run } from "../run/run.ts";
import { Ended, finding } from "../run/verb.ts";
import type { Standing } from "../standing/standing.ts";
import type { Survey } from "./survey.ts";

const LIMIT_S = 2 * 60 * 60; // of one image: tens of gigabytes over a thin line
const LATE = 124; // of timeout
const SAID_MS = 1_000;
const KEPT = 10;

/** Whether an engine of this plan runs in a container of its own. */
export const pullsImages = ({ services }: Pick<Plan, "services">) => services.some((one) => imageOf(one) !== undefined);

function imageOf({ runtime }: Pick<Service, "runtime">): { tool: string; image: string } | undefined {
  return "image" in runtime ? { tool: runtime.kind, image: runtime.image } : undefined;
}

/** What one node is to have, by the tool that runs it. */
interface Wanted {
  readonly node: string;
  readonly tool: string;
  readonly images: readonly string[];
}

/** How it ended on one node. */
interface Pulled {
  readonly there: number;
  readonly pulled: number;
  readonly failed?: {
    readonly node: string;
    readonly tool: string;
    readonly image: string;
    readonly exit: number;
    readonly said: readonly string[];
  };
}

/** Every node on which a container is to start gets its image now, all nodes at once, unless it has it. A failure ends the verb. */
export async function pull(
  { plan: { nodes: places }, standing }: Pick<Survey, "plan" | "standing">,
  starts: readonly Service[],
  sure: () => Promise<void>,
  fleet: Fleet,
  run: Run,
): Promise<void> {
  const wanted = wantedOf(starts);
  if (wanted.length === 0) return;
  await phase(run, "pull", async () => {
    await sure();
    const nodes = [...new Set(wanted.map(({ node }) => node))];
    const heard = hearing(nodes, run);
    const seen = await fleet.all(async (session, node) => {
      const ends: Pulled[] = [];
      const stateDir = places.find(({ name }) => name === node)?.stateDir ?? "";
      for (const one of wanted.filter((each) => each.node === node))
        ends.push(await onNode(session, one, stateDir, (text) => heard.said(node, text), run));
      heard.done(node);
      return ends;
    }, nodes);
    const ends = [...seen.values()].flat();
    const failed = ends.flatMap((one) => one.failed ?? []);
    if (failed.length > 0) throw notPulled(failed, standing, run);
    const sum = (of: "there" | "pulled") => ends.reduce((total, one) => total + one[of], 0);
    const parts = [
      ...(sum("pulled") > 0 ? [`${several(sum("pulled"), "image")} pulled`] : []),
      ...(sum("there") > 0 ? [`${sum("there")} there already`] : []),
    ];
    return { text: `${parts.join(", ")} on ${several(nodes.length, "node")}` };
  });
}

function wantedOf(starts: readonly Service[]): readonly Wanted[] {
  const wanted = new Map<string, { node: string; tool: string; images: Set<string> }>();
  for (const service of starts) {
    const one = imageOf(service);
    if (one === undefined) continue;
    const key = `${service.node} ${one.tool}`;
    const known = wanted.get(key) ?? { node: service.node, tool: one.tool, images: new Set() };
    known.images.add(one.image);
    wanted.set(key, known);
  }
  return [...wanted.values()].map(({ images, ...one }) => ({ ...one, images: [...images] }));
}

const parts = ["supervise/proc", "supervise/gate", "supervise/fence", "cluster/pull"];

async function onNode(
  session: Session,
  { node, tool, images }: Wanted,
  stateDir: string,
  hear: (text: string) => void,
  run: Run,
): Promise<Pulled> {
  const ask = {
    script: parts.map((name) => run.templates[name] ?? "").join("\n"),
    changes: ["pull", ...images],
    values: {
      PD_STATE: stateDir,
      PD_TOOL: tool,
      PD_IMAGES: images,
      PD_SECONDS: String(LIMIT_S),
      PD_LEASE_S: LEASE_S,
    },
    signal: run.signal,
    what: `${tool} pull`,
  };
  let [there, pulled] = [0, 0];
  let [said, failed]: [string[], Pulled["failed"]] = [[], undefined];
  for await (const record of lines(session.stream(ask))) {
    const [kind, first = "", image = ""] = record.split("\t");
    if (kind === "line") {
      const text = record.slice("line\t".length).trim();
      if (text !== "") said = [...said, text].slice(-KEPT);
      if (text !== "") hear(text);
    } else if (kind === "there") there += 1;
    else if (kind === "exit" && first === "0") pulled += 1;
    else if (kind === "exit") failed = { node, tool, image, exit: Number(first), said };
    if (kind === "exit") said = [];
  }
  return { there, pulled, ...(failed !== undefined && { failed }) };
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
    const data = { ...counts, seconds, limit: LIMIT_S, behind: [node], text };
    run.emit({ type: "progress", phase: "pull", level: "info", data });
  };
  return { said, done: (node: string) => open.delete(node) };
}

/** One card per image and exit code, its nodes folded. */
function notPulled(failed: readonly NonNullable<Pulled["failed"]>[], standing: Standing, run: Run): Ended {
  const kinds = new Map<string, NonNullable<Pulled["failed"]>[]>();
  for (const one of failed) {
    const key = `${one.tool} ${one.image} ${one.exit}`;
    kinds.set(key, [...(kinds.get(key) ?? []), one]);
  }
  for (const kind of kinds.values()) run.emit(finding(card(kind), "container-image", { phase: "pull" }));
  return new Ended({
    exit: 1,
    state: standing.services.some(({ state }) => state.state === "alive") ? "unknown" : "absent",
    verdict: `is not up · ${folded(failed.map(({ node }) => node))} ${failed.length === 1 ? "lacks" : "lack"} an image, nothing was started`,
    next: ["pdctl up"],
  });
}

function card(kind: readonly NonNullable<Pulled["failed"]>[]): FindingData {
  const [first] = kind;
  const cause = causes.find(({ id }) => id === "container-image");
  const late = first?.exit === LATE;
  return {
    title: `${first?.tool} pull ${first?.image} ${late ? `was not done within ${limit(LIMIT_S)}` : `ended with exit code ${first?.exit}`}`,
    where: folded(kind.map(({ node }) => node)),
    ...(first !== undefined && first.said.length > 0 && { why: first.said }),
    ...(cause !== undefined && { cause: cause.says, do: cause.remedy }),
    ...(first !== undefined && { exit: first.exit }),
    subjects: kind.map(({ node }) => node),
  };
}
