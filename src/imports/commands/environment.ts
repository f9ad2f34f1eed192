import { hardware as allHardware } from "../../hardware/index.ts";
import type { Spot, Voice } from "../remark.ts";
import { plain, type Text } from "../shell/text.ts";
import type { At, Variable } from "./engine.ts";

/** The environment of an engine: what has a key of its own, and the rest. */
export interface Environment {
  readonly rest: ReadonlyMap<string, At<Variable>>;
  readonly secrets: readonly string[];
  readonly hardware?: string;
  readonly devices?: At<readonly string[]>;
  readonly machine?: At<string>;
  readonly nic?: At<string>;
  readonly seed?: At<string>;
  readonly layout?: At<string>;
  readonly sideChannel?: At<number>;
  readonly venv?: string;
}

type Given = ReadonlyMap<string, { readonly text: Text; readonly at: Spot }>;

const SECRET = /(TOKEN|SECRET|PASSWORD|API_KEY)$/;
/** Said once per process by its own variable; any address is the node's. */
const addresses = ["VLLM_NIXL_SIDE_CHANNEL_HOST", "HCCL_IF_IP", "VLLM_HOST_IP"];

export function readEnv(given: Given, voice: Voice): Environment {
  const families = [...allHardware.values()].filter(({ family, name }) => family === name);
  const interfaces = new Set([
    "NVSHMEM_BOOTSTRAP_UID_SOCK_IFNAME",
    ...[...allHardware.values()].flatMap((each) => each.interfaces),
  ]);
  const rest = new Map<string, At<Variable>>();
  const secrets: string[] = [];
  const own: { -readonly [Key in keyof Omit<Environment, "rest" | "secrets">]: Environment[Key] } = {};
  for (const [name, { text, at }] of given) {
    const value = plain(text);
    const shows = families.find(
      ({ visibility, alsoVisibility = [] }) => visibility === name || alsoVisibility.includes(name),
    );
    if (shows !== undefined) {
      own.hardware = shows.name;
      if (/^[\w-]+(,[\w-]+)*$/.test(value)) own.devices = { value: value.split(","), at };
      voice.kept(at, name, `devices of ${shows.name}`);
    } else if (interfaces.has(name)) {
      own.nic = { value, at };
      voice.kept(at, name, "nodes[].nic: pdctl writes it for the hardware");
    } else if (addresses.includes(name)) address(name, value, at, own, voice);
    else if (name === "PYTHONHASHSEED") {
      own.seed = { value, at };
      voice.kept(at, name, "kv.hash_seed");
    } else if (name === "VLLM_KV_CACHE_LAYOUT") {
      own.layout = { value, at };
      voice.kept(at, name, "kv_layout");
    } else if (name === "VLLM_NIXL_SIDE_CHANNEL_PORT") {
      if (/^\d+$/.test(value)) own.sideChannel = { value: Number(value), at };
      voice.kept(at, name, "kv.transfer.side_channel_port");
    } else if (SECRET.test(name) && value !== "") {
      secrets.push(name);
      voice.changed(at, name, "secrets: its value comes from your environment and stands in no file");
    } else {
      rest.set(name, { value: variable(name, value), at });
      voice.kept(at, name, "env");
    }
  }
  return { ...own, rest, secrets };
}

function address(name: string, value: string, at: Spot, own: { machine?: At<string> | undefined }, voice: Voice): void {
  if (/^[\w.-]+$|^⟨.*⟩$/.test(value)) {
    own.machine = { value, at };
    voice.kept(at, name, "nodes[].ip: pdctl writes it for each engine");
  } else
    voice.fault(
      at,
      `${name}=${value}`,
      "what it prints may be 127.0.1.1 or several addresses; each engine gets the ip of its node",
    );
}

/** `/a:/b:$NAME` and `$NAME:/c` are put before and behind what the node has; everything else is a text. */
function variable(name: string, value: string): Variable {
  const own = `\${${name}}`;
  if (!value.includes(own)) return value;
  const parts = value.split(":").filter((part) => part !== "");
  const at = parts.indexOf(own);
  if (at < 0) return value;
  const [before, after] = [unique(parts.slice(0, at), own), unique(parts.slice(at + 1), own)];
  return { ...(before.length > 0 && { prepend: before }), ...(after.length > 0 && { append: after }) };
}

const unique = (parts: readonly string[], own: string): readonly string[] =>
  [...new Set(parts)].filter((part) => part !== own);
