import type { Facts } from "../../facts/facts.ts";
import { firsts } from "../../once.ts";
import { sha256 } from "../files.ts";
import { planHash, serviceHash } from "../hash.ts";
import type { Plan, PlanFile, Service, UsedFacts } from "../plan.ts";
import { planShape } from "./shape.ts";

/**
 * A reviewed plan with its blanks filled in: every `<fact:NAME@NODE>` becomes what the node says, and nothing else changes. Files whose text
 * had a blank get their new digest and path, services their new hash. What no node says stays a blank.
 */
export function fill(reviewed: Plan, facts: readonly Facts[]): Plan {
  if (facts.length === 0 || reviewed.unknowns.length === 0) return reviewed;
  const said = firsts(facts, ({ node }) => node);
  const answers = answersOf(reviewed, said);
  const plan = withTexts(reviewed, /<fact:([a-z]+)@([^<>"\\]+)>/g, (blank) => answers.get(blank));
  const paths = new Map(plan.services.flatMap(({ files }) => files.flatMap(moved)));
  const placed = withTexts(plan, /\/files\/([0-9a-f]{64})/g, (path) => paths.get(path));
  const bringing = new Set(
    reviewed.unknowns.flatMap(({ fact, node }) =>
      fact === "node" && answers.get(blank(fact, node)) !== undefined ? [node] : [],
    ),
  );
  const lacking = new Set(
    facts.flatMap(({ node, nodePath }) => (nodePath === null && bringing.has(node) ? [node] : [])),
  );
  const states = new Map(placed.nodes.map(({ name, stateDir }) => [name, stateDir]));
  const services = placed.services.map((service) =>
    rehashed(lacking.has(service.node) ? bringsNode(service, states.get(service.node) ?? "") : service),
  );
  const unknowns = placed.unknowns.filter(({ fact, node }) =>
    fact === "vllm" ? !facts.some((one) => one.node === node) : answers.get(blank(fact, node)) === undefined,
  );
  const used = usedOf(reviewed, facts, answers);
  return {
    ...placed,
    hash: planHash(services, placed.setup),
    provisional: unknowns.length > 0,
    unknowns,
    facts: { digest: sha256(JSON.stringify(used)), at: Math.min(...facts.map(({ at }) => at)), nodes: used },
    nodes: placed.nodes.map((node) => ({
      ...node,
      nic: node.nic ?? interfaceOf(said.get(node.name), node.ip) ?? null,
    })),
    services,
  };
}

const blank = (fact: string, node: string) => `<fact:${fact}@${node}>`;

const interfaceOf = (said: Facts | undefined, ip: string | null): string | undefined =>
  Object.entries(said?.interfaces ?? {}).find(([, addresses]) => ip !== null && addresses.includes(ip))?.[0];

function answersOf({ nodes, unknowns }: Plan, said: ReadonlyMap<string, Facts>): ReadonlyMap<string, string> {
  const planned = firsts(nodes, ({ name }) => name);
  const all = unknowns.flatMap(({ fact, node }): [string, string][] => {
    const [fresh, known] = [said.get(node), planned.get(node)];
    if (fresh === undefined || known === undefined) return [];
    const ip = known.ip.startsWith("<fact:") ? fresh.hostIp : known.ip;
    const state = known.stateDir.replace(blank("home", node), fresh.home);
    const value = {
      home: fresh.home,
      ip: fresh.hostIp,
      nic: interfaceOf(fresh, ip),
      node: fresh.nodePath ?? `${state}/programs/node`,
    }[fact];
    return typeof value === "string" ? [[blank(fact, node), value]] : [];
  });
  return new Map(all);
}

/** Replaces in every text of the plan; in one that is itself JSON, as JSON writes it. */
function withTexts(plan: Plan, mark: RegExp, by: (found: string) => string | undefined): Plan {
  const replaced = (text: string) => {
    if (text.search(mark) < 0) return text;
    const write = isJson(text) ? (value: string) => JSON.stringify(value).slice(1, -1) : (value: string) => value;
    return text.replaceAll(mark, (found) => write(by(found) ?? found));
  };
  const texts = (_: string, value: unknown) => (typeof value === "string" ? replaced(value) : value);
  return planShape.parse(JSON.parse(JSON.stringify(plan), texts));
}

function isJson(text: string): boolean {
  try {
    return typeof JSON.parse(text) === "object";
  } catch {
    return false;
  }
}

/** Old and new place of a file under its content's own name, as far as the content is another one now. */
function moved(file: PlanFile): readonly (readonly [string, string])[] {
  if (!("content" in file)) return [];
  const digest = sha256(file.content);
  return digest === file.sha256 ? [] : [[`/files/${file.sha256}`, `/files/${digest}`]];
}

function rehashed(service: Service): Service {
  const files = service.files.map((file) => ("content" in file ? { ...file, sha256: sha256(file.content) } : file));
  return { ...service, files, hash: serviceHash({ ...service, files }) };
}

/** A node without Node gets the launcher's, beside pdctl's own programs. */
function bringsNode(service: Service, stateDir: string): Service {
  const files = service.files.flatMap((file): readonly PlanFile[] =>
    "program" in file && file.program !== "node"
      ? [file, { name: "node", path: `${stateDir}/programs/node`, program: "node" }]
      : [file],
  );
  return { ...service, files };
}

/** What the plan has taken from the nodes now, beside what it had before. */
function usedOf(
  { facts: before, unknowns }: Plan,
  facts: readonly Facts[],
  answers: ReadonlyMap<string, string>,
): Readonly<Record<string, UsedFacts>> {
  const blanks = new Set(unknowns.map(({ fact, node }) => `${fact}@${node}`));
  return Object.fromEntries(
    facts.map(({ node, nodePath }): [string, UsedFacts] => {
      const filled = ["ip", "nic", "home"].flatMap((fact) => {
        const value = answers.get(blank(fact, node));
        return value === undefined ? [] : [[fact, value]];
      });
      return [
        node,
        {
          ...before?.nodes[node],
          ...Object.fromEntries(filled),
          ...(blanks.has(`node@${node}`) && { node: nodePath }),
        },
      ];
    }),
  );
}
