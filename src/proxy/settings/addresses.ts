import type { FamilyName, MoriioAddress, NixlAddress, Target } from "../config.ts";
import { atLeastOne, endpointUrl, portNumber, text } from "./check.ts";
import type { Reader } from "./reader.ts";

type Addresses = Pick<Target, "bootstrap_url" | "nixl" | "moriio">;

/** Where the connector of one endpoint is, as far as it is written. */
export function readAddresses(read: Reader): Addresses {
  const bootstrap = read.optional("bootstrap_url", endpointUrl);
  const [nixl, moriio] = [read.inside("nixl"), read.inside("moriio")];
  return {
    ...(bootstrap !== undefined && { bootstrap_url: bootstrap }),
    ...(nixl && { nixl: readNixl(nixl) }),
    ...(moriio && { moriio: readMoriio(moriio) }),
  };
}

function readNixl(read: Reader): NixlAddress {
  const address = {
    host: read.required("host", text, ""),
    tp_size: read.required("tp_size", atLeastOne, 1),
    pp_size: read.required("pp_size", atLeastOne, 1),
    ranks: read.list("ranks", "ranks").map(readRank),
  };
  read.nothingElse();
  return address;
}

function readRank(read: Reader): NixlAddress["ranks"][number] {
  const rank = { engine_id: read.required("engine_id", text, ""), port: read.required("port", portNumber, 0) };
  read.nothingElse();
  return rank;
}

function readMoriio(read: Reader): MoriioAddress {
  const address = {
    host: read.required("host", text, ""),
    handshake_port: read.required("handshake_port", portNumber, 0),
    notify_port: read.required("notify_port", portNumber, 0),
    tp_size: read.required("tp_size", atLeastOne, 1),
    dp_size: read.required("dp_size", atLeastOne, 1),
  };
  read.nothingElse();
  return address;
}

const BOOTSTRAP_PORT = 8998; // VLLM_MOONCAKE_BOOTSTRAP_PORT where nobody sets it

/** What a family cannot do without; where its engines have a usual address, that. */
export function withAddresses(targets: readonly Target[], family: FamilyName, read: Reader): readonly Target[] {
  return targets.map((target, index) => {
    for (const [key, why] of lacks(target, family)) read.fault(`targets[${index}].${key}`, why);
    const { url, role, bootstrap_url } = target;
    return family === "mooncake" && role === "prefill" && bootstrap_url === undefined && URL.canParse(url)
      ? { ...target, bootstrap_url: `http://${new URL(url).hostname}:${BOOTSTRAP_PORT}` }
      : target;
  });
}

function* lacks(
  { role, slots, nixl, moriio }: Target,
  family: FamilyName,
): Generator<readonly [key: string, why: string]> {
  if (family === "moriio-write" && moriio === undefined)
    yield ["moriio", "missing; expected where its connector is: host, handshake_port, notify_port, tp_size, dp_size"];
  if (family !== "nixl-push" || role !== "prefill") return;
  if (nixl === undefined) yield ["nixl", "missing; expected where its connector is: host, tp_size, pp_size, ranks"];
  else if (nixl.ranks.length !== slots)
    yield ["nixl.ranks", `expected ${slots}, one for each slot, not ${nixl.ranks.length}`];
}
