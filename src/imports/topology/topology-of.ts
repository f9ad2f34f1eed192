import type { Json, Role } from "../../topology/topology.ts";
import { shared } from "../commands/layers.ts";
import { isMooncake } from "../files.ts";
import type { Voice } from "../remark.ts";
import type { Given, SetUp } from "../setup.ts";
import { faults } from "./faults.ts";
import { keysOf } from "./instance-keys.ts";
import { pinned, type Serving, servings } from "./instances.ts";
import { Machines } from "./machines.ts";
import { placedEngines } from "./placing.ts";
import { proxyKeys } from "./proxy-keys.ts";
import { roleKeys } from "./roles.ts";
import { some, type Uses, usesOf } from "./transfer.ts";
import { scalar } from "./yaml-text.ts";

type Dict = Readonly<Record<string, Json>>;

/** A set-up as the value of a topology; undefined: nothing in it could be one. */
export function topologyOf(setUp: SetUp, given: Given, voice: Voice): Dict | undefined {
  const [first] = setUp.engines;
  if (first === undefined) {
    voice.missing(setUp.at, "vllm serve", "no command starts an engine");
    return undefined;
  }
  const [proxy, ...others] = setUp.proxies;
  for (const other of others)
    voice.missing(
      other.at,
      "proxy",
      `another proxy was on line ${proxy?.at.line}: this is more than one set-up, choose with --section`,
    );
  const machines = new Machines(given);
  const placed = placedEngines(setUp.engines, proxy, machines, given, voice);
  const all = servings(placed, voice);
  for (const role of ["prefill", "decode"] as const)
    if (!all.some((each) => each.role === role))
      voice.missing(setUp.at, role, `no command starts an engine of ${role}`);
  const front = frontOf(setUp, given, machines) ?? placed[0]?.node;
  const nodes = machines.list(placed, front === undefined ? [] : [front], voice);
  const hardware = new Map(nodes.map((node) => [String((node as Dict)["name"]), String((node as Dict)["hardware"])]));
  const pins = pinned(all, voice);
  const kv = transfer(all, setUp, machines, voice);
  faults(setUp, all, voice);
  const byRole = (role: Role) => {
    const own = all.filter((each) => each.role === role);
    const keys = own.map((serving) => keysOf(serving, hardware.get(serving.nodes[0] ?? "") ?? "cuda", voice));
    return own.length === 0 ? { common: {}, own: {} } : roleKeys(own, keys, pins);
  };
  const [prefill, decode] = [byRole("prefill"), byRole("decode")];
  const { common, rest } = shared([prefill.common, decode.common]);
  const secrets = [...new Set(setUp.engines.flatMap((engine) => engine.secrets))];
  const order = (keys: Dict | undefined): Dict =>
    some({
      runtime: keys?.["runtime"],
      venv: keys?.["venv"],
      parallel: keys?.["parallel"],
      port: keys?.["port"],
      ...keys,
    });
  return some({
    version: 1,
    name: given.name ?? "imported",
    model: model(setUp, voice),
    nodes: [...nodes],
    kv,
    engine: Object.keys(common).length > 0 ? order(common) : undefined,
    prefill: { ...prefill.own, ...order(rest[0]) },
    decode: { ...decode.own, ...order(rest[1]) },
    proxy: proxyKeys(proxy, front, given, voice, {
      at: setUp.at,
      taken: new Set(placed.filter(({ node }) => node === front).map(({ port }) => port.value)),
    }),
    bench: bench(setUp),
    secrets: secrets.length > 0 ? secrets : undefined,
  });
}

function model({ engines }: SetUp, voice: Voice): Json | undefined {
  const [first] = engines;
  const path = first?.model?.value;
  for (const engine of engines)
    if (engine.model !== undefined && engine.model.value !== path)
      voice.missing(
        engine.model.at,
        engine.model.value,
        `another engine serves ${path}: prefill and decode have to serve one model`,
      );
  if (path === undefined) return undefined;
  if (/[⟨$]/.test(path))
    voice.missing(
      first?.model?.at ?? first?.at ?? { file: "", line: 0 },
      path,
      "the text leaves the model open: --value NAME=PATH",
    );
  const { servedName, tokenizer } = first ?? {};
  if (servedName === undefined && tokenizer === undefined) return path;
  return some({ path, served_name: servedName, tokenizer });
}

/** Where the proxy runs: said by the user, or by a request that the source sends to it. */
function frontOf({ front }: SetUp, { proxyNode }: Given, machines: Machines): string | undefined {
  if (proxyNode !== undefined) return proxyNode;
  return front === undefined || /^(localhost|127\.|0\.0\.0\.0|⟨|\$)/.test(front)
    ? undefined
    : machines.node(front, { file: "", line: 0 });
}

function transfer(all: readonly Serving[], setUp: SetUp, machines: Machines, voice: Voice): Json | undefined {
  const of = (role: Role): Uses => {
    const engine = all.find((each) => each.role === role)?.engines[0];
    return engine === undefined ? {} : usesOf({ engine, role, configs: setUp.configs, voice });
  };
  const [prefill, decode] = [of("prefill"), of("decode")];
  const use = prefill.transfer ?? decode.transfer;
  if (use === undefined) return undefined;
  if (
    prefill.transfer !== undefined &&
    decode.transfer !== undefined &&
    prefill.transfer.connector !== decode.transfer.connector
  )
    voice.missing(
      decode.transfer.at,
      decode.transfer.connector,
      `prefill moves KV with ${prefill.transfer.connector}: both have to use one connector`,
    );
  const spread = new Set(all.flatMap(({ nodes }) => nodes)).size > 1;
  const master = setUp.masters[0];
  const address = setUp.configs.find(isMooncake)?.value["master_server_address"];
  const at = typeof address === "string" ? address.split(":")[0] : undefined;
  const node = at === undefined ? all[0]?.nodes[0] : machines.node(at, master?.at ?? setUp.at);
  const keys = Object.fromEntries(Object.entries(master?.keys ?? {}).map(([key, value]) => [key, scalar(value)]));
  return some({
    hash_seed: seed(all, voice),
    transfer: {
      connector: use.connector,
      ...overlaid(prefill.transfer?.fields ?? {}, decode.transfer?.fields ?? {}),
      ...mount(use.connector, spread, use.at, voice),
      ...(master !== undefined &&
        use.connector === "mooncake-ascend" &&
        node !== undefined && { master: { node, ...keys } }),
    },
    cache: cache(prefill, decode, all, voice),
  });
}

function cache(prefill: Uses, decode: Uses, all: readonly Serving[], voice: Voice): Json | undefined {
  const use = prefill.cache ?? decode.cache;
  if (use === undefined) return undefined;
  const roles = (["prefill", "decode"] as const).filter(
    (role) => (role === "prefill" ? prefill : decode).cache !== undefined,
  );
  const spread = new Set(all.filter(({ role }) => roles.includes(role)).flatMap(({ nodes }) => nodes)).size > 1;
  const fields =
    prefill.cache !== undefined && decode.cache !== undefined
      ? overlaid(prefill.cache.fields, decode.cache.fields)
      : use.fields;
  return {
    connector: use.connector,
    ...(roles.length < 2 && { roles }),
    ...fields,
    ...mount(use.connector, spread, use.at, voice),
  };
}

function mount(connector: string, spread: boolean, at: { file: string; line: number }, voice: Voice): Dict {
  if (connector !== "ucm" || !spread) return {};
  voice.changed(
    at,
    "storage_backends",
    "engines on several machines read it: shared_storage says that it is one mount, and up proves it with a file",
  );
  return { shared_storage: true };
}

/** Keys of both sides once, what differs under the role. */
function overlaid(prefill: Dict, decode: Dict): Dict {
  const { common, rest } = shared([prefill, decode]);
  const [p = {}, d = {}] = rest;
  return {
    ...common,
    ...(Object.keys(p).length > 0 && { prefill: p }),
    ...(Object.keys(d).length > 0 && { decode: d }),
  };
}

function seed(all: readonly Serving[], voice: Voice): Json | undefined {
  const engines = all.flatMap((each) => each.engines);
  const said = engines.find((engine) => engine.seed !== undefined)?.seed;
  if (said === undefined) {
    const blocks = engines.find(({ kv }) => JSON.stringify(kv?.value ?? {}).includes("UCMConnector"));
    if (blocks !== undefined)
      voice.fault(
        blocks.at,
        "PYTHONHASHSEED",
        "it is not set, and older releases then hash blocks differently in every process; every engine gets 0",
      );
    return undefined;
  }
  for (const engine of engines)
    if (engine.seed?.value !== said.value)
      voice.fault(
        engine.at,
        "PYTHONHASHSEED",
        `${engine.seed?.value ?? "not set"} here and ${said.value} on line ${said.at.line}: block hashes differ and decode never finds a block; every engine gets ${said.value}`,
      );
  return scalar(said.value);
}

function bench({ benches: [first] }: SetUp): Json | undefined {
  if (first === undefined) return undefined;
  return {
    args: Object.fromEntries(
      Object.entries(first.args).map(([key, value]) => [key, value === true ? true : scalar(value)]),
    ),
  };
}
