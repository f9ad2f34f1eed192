import { z } from "zod";
import type { Plan, PlanImage, PlanInstance, PlanNode, PlanStep, Service, SmokeStep } from "../plan.ts";

/** The plan's JSON, key by key: what `plan -o` writes, `up --plan` reads and docs/plan-json.md lists. An unknown key is refused, never dropped. */
const text = z.string();
const port = z.int().min(0).max(65_535).describe("a TCP port");
const list = z.array(text);
const role = z.enum(["prefill", "decode"]);
const env = z.record(text, z.union([text, z.strictObject({ prepend: list, append: list })]));
const optional = z.exactOptional;

const probe = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("http"), host: text, port, path: text }),
  z.strictObject({ kind: z.literal("tcp"), host: text, port }),
  z.strictObject({ kind: z.literal("alive") }),
]);

const tool = z.enum(["docker", "podman"]);
const runtime = z.union([
  z.strictObject({ kind: z.literal("process") }),
  z.strictObject({ kind: z.literal("systemd"), scope: z.enum(["user", "system"]), unit: text }),
  z.strictObject({ kind: tool, image: text, name: text, options: list }),
  z.strictObject({ kind: tool, container: text }),
]);

const file = z.union([
  z.strictObject({
    name: text,
    path: text,
    sha256: text,
    content: text.describe("its bytes, as UTF-8 text"),
    link: optional(text.describe("where the program reads it, again when it is told to: a change needs no restart")),
  }),
  z.strictObject({
    name: text,
    path: text,
    program: z.enum(["proxy", "sim", "node"]).describe("one of pdctl's own programs"),
  }),
]);

const reservation = z.strictObject({
  first: port,
  last: port,
  owner: text.describe("a service's or instance's id; of a random range, the connector's name"),
  purpose: text,
  random: optional(z.boolean().describe("a library draws from the range at random")),
});

const node = z.strictObject({
  name: text,
  host: text.describe("where SSH goes; `local`: no SSH"),
  ip: text.describe("address on the data network"),
  nic: z.nullable(text).describe("interface that owns `ip`; null while nobody has said it"),
  hardware: text,
  devices: list.describe("ids in the hardware's own id space"),
  ssh: z.strictObject({
    user: optional(text),
    port: optional(port),
    identityFile: optional(text),
    jump: optional(list),
    connectTimeoutMs: optional(z.number()),
    hostKeys: optional(z.union([z.enum(["strict", "accept-new"]), list])),
    transport: optional(z.enum(["auto", "ssh2", "openssh"])),
  }),
  stateDir: text.describe("absolute; all files of the cluster on the node are under it"),
  asks: optional(z.strictObject({ modules: list, directories: list.describe("where KV is kept") })).describe(
    "what its connectors need to know of it before a start",
  ),
});

const instance = z.strictObject({
  id: text,
  role,
  nodes: list,
  engines: list.describe("ids of its services"),
  devices: z.int(),
  parallel: z.strictObject({ tp: z.int(), pp: z.int(), pcp: z.int(), dcp: z.int(), dp: z.int(), dpLocal: z.int() }),
  lb: z.enum(["none", "internal", "hybrid", "external"]),
});

const service = z.strictObject({
  id: text.describe("`<role>-<instance>-<process>`, `proxy`, or a side service's own name"),
  kind: z.enum(["engine", "proxy", "side"]),
  role: z.nullable(role),
  instance: z.nullable(text),
  process: z.nullable(z.int()).describe("position in the instance"),
  group: text.describe("restarted as one"),
  ranks: z.array(z.int()).describe("global data-parallel ranks"),
  node: text,
  devices: list,
  runtime,
  vendor: list.describe("vendor scripts, sourced where they exist"),
  prelude: z.nullable(text).describe("the user's own shell text, sourced before the environment is set"),
  argv: list.describe("the command, one word per element"),
  env: env.describe("by name; `prepend` and `append` join a path list to what the node has"),
  secrets: list.describe("names only; values never stand in a plan"),
  files: z.array(file).describe("put on the node before the start"),
  scratch: list.describe("directories made for it, removed by `down`"),
  listens: z
    .array(
      z.strictObject({
        port,
        purpose: text,
        bind: text,
        transient: optional(z.boolean().describe("only while its group starts")),
        calledBy: optional(role.describe("whose engines dial it beside clients")),
      }),
    )
    .describe("every port that it binds, also those that the engine derives itself"),
  reserves: z.array(reservation),
  ready: z.array(probe).describe("all of these hold when it is ready"),
  live: z.array(probe),
  gauges: optional(
    z.strictObject({
      url: text,
      shows: z.array(z.strictObject({ sample: text, name: text, unit: optional(z.literal("bytes")) })),
    }),
  ).describe("of a side service that counts something"),
  stop: z.strictObject({ order: z.int(), graceMs: z.number() }),
  peers: z.array(role).describe("roles whose engines restart with it"),
  hash: text.describe("sha256 of argv, env, files and runtime"),
});

const image = z.strictObject({
  node: text,
  tool,
  image: text,
  pull: z.enum(["missing", "always", "never"]).describe("where there is none, with every `up`, or by nobody"),
  id: optional(text).describe("digest of what the node has under that name; left out: none, or not asked"),
});

const usedFacts = z.strictObject({
  ip: optional(text),
  nic: optional(text),
  home: optional(text),
  node: optional(z.nullable(text)).describe("path of a Node >= 20; null: pdctl brings one"),
  versions: optional(z.record(text, text)),
});

export const planShape = z.strictObject({
  schema: z.literal("pdctl.plan/1"),
  cluster: text,
  hash: text.describe("sha256 over the services' hashes, ids and nodes"),
  provisional: z.boolean().describe("something in it waits for a fact"),
  rehearsal: z.boolean().describe("stand-in engines on the real nodes and ports"),
  model: z.strictObject({ path: text, servedName: text, kind: z.nullable(z.enum(["moe", "dense"])) }),
  transfer: text.describe("the connector of kv.transfer"),
  cache: z.nullable(z.strictObject({ connector: text, roles: z.array(role) })),
  unknowns: z
    .array(z.strictObject({ fact: text, node: text }))
    .describe("stand in its texts as `<fact:NAME@NODE>` until a node is asked"),
  releases: optional(
    z.array(
      z.strictObject({
        package: text,
        release: z.nullable(text).describe("null: not known, written as every release takes it"),
        from: z.nullable(z.enum(["node", "engine.versions", "runtime.image"])).describe("whose word it is"),
        nodes: list,
      }),
    ),
  ).describe("of the packages that the engines' arguments and variables are written for"),
  facts: z
    .nullable(
      z.strictObject({
        digest: text,
        at: z.number().describe("ms since 1970, of the oldest answer"),
        nodes: z.record(text, usedFacts).describe("what the plan took from each node"),
      }),
    )
    .describe("null: no node was asked"),
  nodes: z.array(node),
  instances: z.array(instance),
  setup: optional(z.array(z.strictObject({ node: text, name: text, run: text, timeoutMs: z.number() }))).describe(
    "run once on each node before its first start",
  ),
  images: optional(z.array(image)).describe("what has to be on a node before containers start there"),
  services: z.array(service).describe("in the order of waves, nodes, ids"),
  waves: z.array(list).describe("ids that start together, by number; one may be empty"),
  reservations: z.record(text, z.array(reservation)).describe("every listener and reserved range, by node"),
  targets: z
    .array(z.strictObject({ url: text, role, slots: z.int().describe("ranks behind the url") }))
    .describe("what the proxy may choose"),
  smoke: z.strictObject({
    url: text,
    node: text,
    path: z.literal("/v1/completions"),
    headers: optional(z.record(text, text)),
    keys: optional(z.strictObject({ proxy: optional(text), engines: optional(text) })).describe(
      "names of variables of your environment",
    ),
    body: z.strictObject({ model: text, max_tokens: z.int(), temperature: z.literal(0) }),
    promptWords: z.int(),
    requests: z.int(),
    proof: z.strictObject({ rises: list, tokens: text, stays: list, log: optional(text), store: optional(list) }),
  }),
  bench: z.nullable(z.strictObject({ node: text, argv: list, env })),
  preflight: z.strictObject({ skip: list.describe("codes that the user has taken on himself") }),
  timeouts: z
    .strictObject({ connectMs: z.number(), readyMs: z.number(), stopMs: z.number(), smokeMs: z.number() })
    .describe("in ms"),
  ttlMs: optional(z.number()).describe(
    "the nodes take it down so long after the last launcher has left; left out: never",
  ),
  restart: optional(z.strictObject({ max: z.int(), windowMs: z.number() })).describe(
    "what fails is started again, at most so often within the window; left out: never",
  ),
  overrides: z.strictObject({ set: list, hosts: list }).describe("`--set` and `--hosts` as they were given"),
}) satisfies z.ZodType<Plan>;

/** A key that the plan gets and this page does not know fails here, not at the user who wants to run his file. */
export const complete = {
  plan: planShape.shape satisfies Record<keyof Plan, unknown>,
  service: service.shape satisfies Record<keyof Service, unknown>,
  node: node.shape satisfies Record<keyof PlanNode, unknown>,
  instance: instance.shape satisfies Record<keyof PlanInstance, unknown>,
  setup: planShape.shape.setup.unwrap().element.shape satisfies Record<keyof PlanStep, unknown>,
  image: image.shape satisfies Record<keyof PlanImage, unknown>,
  smoke: planShape.shape.smoke.shape satisfies Record<keyof SmokeStep, unknown>,
};
