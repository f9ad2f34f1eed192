import { hardware } from "../../hardware/index.ts";
import { engineTexts } from "./engine-texts.ts";
import { proxyTexts } from "./proxy-texts.ts";

/** What a key means, in a sentence, with a value that could stand there. */
export interface KeyText {
  readonly says: string;
  readonly example?: unknown;
  /** What holds when it is not written, where no schema default says it. */
  readonly unset?: string;
}

/**
 * Every key of the topology: the one source of the JSON Schema's descriptions and of docs/topology.md. Keys of `engine` stand for those of
 * prefill, decode and instances too, `ssh` for that of a node, `role` for what only prefill, decode and their instances have.
 */
export const texts: Readonly<Record<string, KeyText>> = {
  version: { says: "Version of this language." },
  name: { says: "Name of the cluster: a-z, 0-9 and -, at most 24 characters.", example: "qwen-prod" },
  extends: {
    says: "Another topology, counted from this file, merged under this one: maps merge, lists replace, null takes out.",
    example: "base.yaml",
  },

  model: { says: "The model; one text is its path alone." },
  "model.path": {
    says: "A directory that is on every node (~ is the home there), or a hub name.",
    example: "/models/Qwen3-32B",
  },
  "model.served_name": { says: "What clients send as model.", unset: "the path", example: "qwen3" },
  "model.kind": { says: "Whether the model has experts.", unset: "read from its config", example: "moe" },
  "model.tokenizer": { says: "Path or hub name of another tokenizer.", unset: "the model's" },

  ssh: { says: "How to log in to all nodes; a node may have its own. What is not written comes from your ssh_config." },
  "ssh.user": { says: "Login user.", example: "ops" },
  "ssh.port": { says: "Port of sshd." },
  "ssh.identity_file": { says: "Private key.", example: "~/.ssh/id_ed25519" },
  "ssh.jump": {
    says: "A bastion, or a chain of them, outermost first.",
    example: ["ops@outer.example.org", "ops@inner.example.org:2222"],
  },
  "ssh.connect_timeout": { says: "How long one login may take.", unset: "timeouts.connect", example: "10s" },
  "ssh.host_keys": {
    says: "strict: only keys that known_hosts has; accept-new: keep one that was never seen; or exactly these keys.",
    example: "strict",
  },
  "ssh.transport": {
    says: "Who speaks SSH: pdctl itself (ssh2), the system's ssh (openssh), or auto: the system's where ssh_config asks for what only it can do.",
    unset: "auto",
    example: "openssh",
  },

  nodes: { says: "The machines. { from: … } alone is a list of that one entry." },
  "nodes[].name": {
    says: "Name of the node, or a range for several: n[0-5], gpu[001-097,099], rack[1-2]n[1-4].",
    example: "n[0-3]",
  },
  "nodes[].from": {
    says: "Takes the hosts from elsewhere: slurm (the allocation that pdctl runs in), or the path of an Ansible inventory, INI or YAML. Its groups may stand wherever nodes are listed.",
    example: "slurm",
  },
  "nodes[].group": { says: "Only the hosts of this group of the inventory.", unset: "all of them", example: "gpus" },
  "nodes[].host": {
    says: "Where SSH goes: a name or address, or a range as long as the name's; local: this machine, without SSH.",
    unset: "the name",
    example: "10.0.0.1[0-3]",
  },
  "nodes[].ip": {
    says: "Address on the data network, or a range as long as the name's.",
    unset: "the host's",
    example: "10.1.0.1[0-3]",
  },
  "nodes[].nic": { says: "The interface that owns ip.", unset: "asked", example: "ens50f1" },
  "nodes[].hardware": {
    says: `The accelerator: ${[...hardware.keys()].join(", ")}, or none for a node without engines. pdctl explain hardware NAME shows what each is given.`,
    example: "cuda",
  },
  "nodes[].devices": {
    says: "How many, or which, in the hardware's own ids.",
    unset: "what a node of this hardware has, where that is one number",
    example: 8,
  },
  "nodes[].device_memory_gib": {
    says: "GiB of one device, where its generation does not say it; `plan --capacity` asks whether the model fits.",
    unset: "what a device of this hardware has, where that is one number",
    example: 80,
  },
  "nodes[].nic_gbps": {
    says: "Gbit/s of the interface that carries KV; `plan --capacity` says how long a prompt takes.",
    unset: "not asked",
    example: 400,
  },
  "nodes[].numa": {
    says: "NUMA node of each device: engines are started under numactl on those of theirs.",
    unset: "not bound",
    example: [0, 0, 0, 0, 1, 1, 1, 1],
  },
  "nodes[].ssh": { says: "Over the shared ssh, key by key." },
  "nodes[].env": { says: "Variables of the engines on this node, over all other layers." },
  "nodes[].mounts": { says: "Into every container on this node.", example: ["/models"] },
  "nodes[].state_dir": {
    says: "Where pdctl keeps what it needs on the node.",
    unset: "~/.pdctl",
    example: "/var/lib/pdctl",
  },

  kv: { says: "How KV gets from prefill to decode, and where it is cached." },
  "kv.hash_seed": { says: "PYTHONHASHSEED of every engine." },
  "kv.transfer": { says: "The connector that moves KV, with its own keys beside connector." },
  "kv.transfer.connector": { says: "Its name.", example: "nixl" },
  "kv.transfer.prefill": { says: "Over the connector's keys, for prefill alone." },
  "kv.transfer.decode": { says: "Over the connector's keys, for decode alone." },
  "kv.cache": { says: "A second connector, for a prefix cache." },
  "kv.cache.connector": { says: "Its name.", example: "ucm" },
  "kv.cache.roles": { says: "The roles that have it.", unset: "both", example: ["prefill"] },
  "kv.cache.prefill": { says: "Over the connector's keys, for prefill alone." },
  "kv.cache.decode": { says: "Over the connector's keys, for decode alone." },

  ...engineTexts,

  prefill: { says: "The instances that prefill: where, how many, and any key of engine." },
  decode: { says: "The instances that decode: where, how many, and any key of engine." },
  "role.nodes": { says: "Nodes, ranges or groups, or a list of them.", example: "n[0-3]" },
  "role.instances": {
    says: "How many (as many on each node, or the nodes shared out between them), or a list of instances that differ.",
    unset: "1",
    example: 2,
  },
  "role.name": { says: "Name of the instance.", unset: "its number", example: "long" },
  "role.count": { says: "How many of it.", unset: "1" },
  "role.devices": { says: "Pinned devices, on each of its nodes.", unset: "the next free ones", example: [0, 1, 2, 3] },
  "role.placement": {
    says: "pack fills a node before it takes the next, spread takes the one with the fewest; each instance on one node with room for it.",
    unset: "as many on each node",
  },
  "role.kv_port": {
    says: "Pins the connector's first port, where it has that key.",
    unset: "kv.transfer.kv_port",
    example: 28001,
  },
  "role.side_channel_port": {
    says: "Pins the connector's first port, where it has that key.",
    unset: "kv.transfer.side_channel_port",
    example: 5600,
  },
  "role.bootstrap_port": {
    says: "Pins the connector's first port, where it has that key.",
    unset: "kv.transfer.bootstrap_port",
    example: 8998,
  },
  "role.handshake_port": {
    says: "Pins the connector's first port, where it has that key.",
    unset: "kv.transfer.handshake_port",
    example: 6301,
  },
  "role.notify_port": {
    says: "Pins the connector's first port, where it has that key.",
    unset: "kv.transfer.notify_port",
    example: 61005,
  },

  ...proxyTexts,

  setup: {
    says: "What a node is told before anything is started on it: in order, again with every up that starts something there.",
  },
  "setup[].name": { says: "Name of the step.", example: "mount" },
  "setup[].run": {
    says: "Bash, as the login user; it has to bear being run again.",
    example: "mountpoint -q /mnt/kv || sudo mount /mnt/kv",
  },
  "setup[].nodes": { says: "Where.", unset: "on all nodes", example: "n[0-3]" },
  "setup[].timeout": { says: "How long it may take." },

  services: { says: "Side processes of your own." },
  "services[].name": { says: "Its name.", example: "etcd" },
  "services[].node": { says: "Its node.", example: "n0" },
  "services[].command": { says: "Its words.", example: ["etcd"] },
  "services[].env": { says: "Its variables." },
  "services[].listens": { says: "Ports that it binds.", example: [2379] },
  "services[].ready": { says: "How it is known to be ready.", unset: "it lives" },
  "services[].ready.http": { says: "An address that answers.", example: "http://127.0.0.1:2379/health" },
  "services[].ready.tcp": { says: "A port that answers.", example: 2379 },
  "services[].wave": { says: "Lower ones start first; engines are 1, the proxy 2." },

  smoke: { says: "The proof that a token crossed." },
  "smoke.max_tokens": { says: "Tokens asked for." },
  "smoke.prompt_words": { says: "Words of the prompt." },
  bench: { says: "A benchmark against the proxy." },
  "bench.args": { says: "Flags of vllm bench serve.", example: { "num-prompts": 64 } },
  timeouts: { says: "How long is waited." },
  "timeouts.connect": { says: "For a login." },
  "timeouts.ready": { says: "For engines to be ready." },
  "timeouts.stop": { says: "Between SIGTERM and SIGKILL." },
  "timeouts.smoke": { says: "For the proof." },
  preflight: { says: "The checks before a start." },
  "preflight.skip": { says: "Codes that are left out.", example: ["C12"] },
  secrets: { says: "Variables taken from your environment, shown nowhere.", example: ["HF_TOKEN"] },
  restart: {
    says: "What fails is started again on its node, without a launcher: whole data-parallel groups, the proxy, side services.",
  },
  "restart.policy": {
    says: "Whether: never, or when a service ends that nobody told to (an exit code of 0 is a failure, too).",
    example: "on-failure",
  },
  "restart.max": {
    says: "Starts again within the window; after them a group is left stopped, and status says so.",
    example: 5,
  },
  "restart.window": { says: "The time in which they count.", example: "1h" },
  ttl: { says: "The nodes take the cluster down by themselves after this.", unset: "never", example: "12h" },
  experimental: { says: "What is not supported yet and wanted nonetheless.", example: ["gaudi-prefill"] },
};

/** The key under which a path is described: `prefill.instances[].parallel.tp` is `engine.parallel.tp`. */
export function homeOfKey(path: string): string {
  const own = path.replace(/^nodes\[\]\.ssh\./, "ssh.").replace(/^(prefill|decode)\.(instances\[\]\.)?/, "role.");
  const engine = own.replace(/^role\./, "engine.");
  return Object.hasOwn(texts, own) ? own : Object.hasOwn(texts, engine) ? engine : own;
}
