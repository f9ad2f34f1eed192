import type { Role } from "../../topology/topology.ts";
import type { Engine } from "../commands/engine.ts";
import type { Endpoint, FoundProxy } from "../commands/proxy-command.ts";
import type { Voice } from "../remark.ts";
import type { Given, Placed } from "../setup.ts";
import type { Machines } from "./machines.ts";

/** Every engine with its role and its node: from its own words, from the proxy's lists, from what the user said. */
export function placedEngines(
  engines: readonly Engine[],
  proxy: FoundProxy | undefined,
  machines: Machines,
  given: Given,
  voice: Voice,
): readonly Placed[] {
  const roled = engines.flatMap((engine) => {
    const role = engine.role ?? roleByEndpoint(engine, proxy);
    if (role !== undefined) return [{ ...engine, role }];
    voice.missing(
      engine.at,
      "vllm serve",
      "neither the connector nor the text says whether it is prefill or decode: --role prefill=FILE",
    );
    return [];
  });
  return (["prefill", "decode"] as const).flatMap((role) =>
    ofRole(
      roled.filter((engine) => engine.role === role),
      role,
      proxy?.[role] ?? [],
      machines,
      given,
      voice,
    ),
  );
}

function roleByEndpoint(engine: Engine, proxy: FoundProxy | undefined): Role | undefined {
  const names = (list: readonly Endpoint[]) =>
    list.some(
      ({ machine, port }) =>
        port === engine.port.value && (engine.machine === undefined || engine.machine.value === machine),
    );
  const [prefill, decode] = [names(proxy?.prefill ?? []), names(proxy?.decode ?? [])];
  return prefill === decode ? undefined : prefill ? "prefill" : "decode";
}

function ofRole(
  engines: readonly (Engine & { readonly role: Role })[],
  role: Role,
  endpoints: readonly Endpoint[],
  machines: Machines,
  given: Given,
  voice: Voice,
): readonly Placed[] {
  const free = new Set(endpoints);
  const claim = (fits: (endpoint: Endpoint) => boolean): Endpoint | undefined => {
    const found = [...free].find(fits);
    if (found !== undefined) free.delete(found);
    return found;
  };
  for (const { machine, port, group } of engines)
    if (machine !== undefined && !group.headless)
      claim(
        (endpoint) =>
          machines.node(endpoint.machine, endpoint.at) === machines.node(machine.value, machine.at) &&
          endpoint.port === port.value,
      );
  const own = given.nodes.filter((node) => node.role === role);
  const rest = own.length > 0 ? own : given.nodes.length === 1 ? given.nodes : [];
  let turn = 0;
  const placed = engines.flatMap((engine): readonly Placed[] => {
    const at = engine.machine ?? mapped(claim(({ port }) => port === engine.port.value));
    const node =
      at === undefined ? (rest[turn % Math.max(1, rest.length)]?.name ?? undefined) : machines.node(at.value, at.at);
    if (at === undefined) turn += 1;
    if (node !== undefined) return [{ ...engine, node }];
    voice.missing(
      engine.at,
      "vllm serve",
      `nothing says where this engine of ${role} runs: --node NAME=HOST,role=${role}`,
    );
    return [];
  });
  return [...placed, ...copies(placed, [...free], machines, voice)];
}

const mapped = (endpoint: Endpoint | undefined) => endpoint && { value: endpoint.machine, at: endpoint.at };

/** Endpoints of the proxy that no command starts: documents write the command once and say "repeat". */
function copies(
  placed: readonly Placed[],
  left: readonly Endpoint[],
  machines: Machines,
  voice: Voice,
): readonly Placed[] {
  const [first] = placed;
  if (first === undefined || left.length === 0) return [];
  const model = placed
    .filter(({ group }) => group.address?.value === first.group.address?.value || first.group.dp === 1)
    .slice(0, first.group.dp > 1 ? undefined : 1);
  const size = model.length;
  return left.flatMap((endpoint, i): readonly Placed[] => {
    const original = model[i % size];
    const head = left[i - (i % size)];
    if (original === undefined || head === undefined || left.length % size !== 0) {
      voice.dropped(
        endpoint.at,
        `${endpoint.machine}:${endpoint.port}`,
        "the proxy names it, and no command starts an engine there",
      );
      return [];
    }
    voice.changed(
      endpoint.at,
      `${endpoint.machine}:${endpoint.port}`,
      `no command starts it: it is read as one more of line ${original.at.line}`,
    );
    const address = original.group.address && { value: head.machine, at: head.at };
    return [
      {
        ...original,
        machine: { value: endpoint.machine, at: endpoint.at },
        node: machines.node(endpoint.machine, endpoint.at),
        port: { value: endpoint.port, at: endpoint.at },
        group: { ...original.group, ...(address && { address }) },
      },
    ];
  });
}
