import type { Cause } from "../diagnose/cause.ts";

/** What `vllm serve` writes when it ends. Source: vllm-cpu.md §6, §7, §9; launch.md §6.1, §6.2. */
export const vllmCauses: readonly Cause[] = [
  {
    id: "port-taken",
    pattern: /(\[Errno 98\]|Address already in use|EADDRINUSE)/,
    says: "a port it needs is taken by another process",
    remedy: [
      "end what holds it: ss -Hltnp on the node shows who",
      "or take another one: prefill.port, decode.port, proxy.port, or the key of the port that the line names",
    ],
  },
  {
    id: "address-foreign",
    pattern: /(\[Errno 99\]|Cannot assign requested address)/,
    says: "the address it should listen on is not on this node",
    remedy: ["set ip of the node (nodes[].ip) to one of its own addresses", "a container needs the host's network"],
  },
  {
    id: "unknown-flag",
    pattern: /error: unrecognized arguments?:/,
    says: "this vLLM does not know an argument",
    remedy: [
      "take it out of engine.args, prefill.args or decode.args",
      "or use a vLLM that has it: vllm serve --help=all",
    ],
  },
  {
    id: "bad-kv-config",
    pattern: /argument --kv-transfer-config:/,
    says: "vLLM refused the connector's configuration",
    remedy: [
      "check kv.transfer and kv.transfer.extra against this vLLM's version",
      "and engine.command, where it is a wrapper that adds arguments",
    ],
  },
  {
    id: "bad-argument",
    pattern: /(vllm serve: error: argument |error: argument --[\w/-]+: (invalid|expected))/,
    says: "vLLM refused the value of an argument",
    remedy: ["correct it in engine.args, prefill.args or decode.args; the line names the argument"],
  },
  {
    id: "unknown-connector",
    pattern: /Unsupported connector type/,
    says: "this vLLM does not have the connector",
    remedy: ["install the plugin that brings it, or choose another kv.transfer.connector"],
  },
  {
    id: "start-memory",
    pattern: /Free memory on device .* (is )?less than desired/,
    says: "the device's memory is in use already",
    remedy: ["see who holds the device", "or lower engine.args.gpu-memory-utilization"],
  },
  {
    id: "kv-memory",
    pattern:
      /(No available memory for the cache blocks|on kv cache allocation is less than requested memory|larger than the maximum number of tokens that can be stored in KV cache|larger than the available KV cache memory)/,
    says: "there is no room for the KV cache",
    remedy: ["raise engine.args.gpu-memory-utilization", "or lower engine.args.max-model-len"],
  },
  {
    id: "too-few-devices",
    pattern: /World size \(\d+\) is larger than the number of available/,
    says: "the engine needs more devices than it sees",
    remedy: ["lower parallel.tp", "or give the node more devices: nodes[].devices"],
  },
  {
    id: "model-missing",
    pattern:
      /(Repo id must be in the form|No such file or directory.*config\.json|does not appear to have a file named config\.json|LocalEntryNotFoundError|Cannot find an appropriate cached snapshot|RepositoryNotFoundError)/,
    says: "the model is not there",
    remedy: [
      "see that model.path is on this node: ls it",
      "or, for a name of a hub: engine.env.HF_HOME with the model in it, or a way to the hub",
    ],
  },
  {
    id: "model-login",
    pattern: /(GatedRepo|401 Client Error|Access to model .* is restricted)/,
    says: "the hub refused the download",
    remedy: ["secrets: [HF_TOKEN], and HF_TOKEN in your environment"],
  },
  {
    id: "remote-code",
    pattern: /trust_remote_code=True/,
    says: "the model needs its own code",
    remedy: ["engine.args.trust-remote-code: true"],
  },
  {
    id: "external-dense",
    pattern: /Non-MoE models do not support external data parallel/,
    says: "vLLM refuses external data parallelism for a dense model",
    remedy: ["write instances: N instead of dp: N"],
  },
  {
    id: "group-mismatch",
    pattern: /(Configuration mismatch detected for engine|must (not )?use --headless in)/,
    says: "the engines of one group were started with different settings",
    remedy: ["take out what differs between nodes of the group (node env, instance args)"],
  },
  {
    id: "library",
    pattern: /(ModuleNotFoundError: No module named|cannot open shared object file|undefined symbol:)/,
    says: "a library is missing where the engine runs",
    remedy: ["the line names it; install it into engine.venv or add its directory to env LD_LIBRARY_PATH"],
  },
  {
    id: "command-missing",
    pattern: /(exec: .*not found|vllm: (command )?not found)/,
    says: "the command is not on this node's PATH",
    remedy: ["set engine.venv or engine.command to absolute paths, for a proxy proxy.venv or proxy.command"],
  },
  {
    id: "disk-full",
    pattern: /(No space left on device|ENOSPC)/,
    says: "a disk or /dev/shm is full",
    remedy: ["df -h and df -h /dev/shm on the node"],
  },
  {
    id: "permission",
    pattern: /(PermissionError|Permission denied)/,
    says: "the login user may not read or write something it needs",
    remedy: ["the line names it"],
  },
  {
    id: "node-memory",
    pattern: /(^|\s)(oom-kill:|Out of memory: Killed process)/,
    says: "the kernel ended it: the node ran out of memory",
    remedy: ["free -h on the node; lower the number of engines there, or what they keep in host memory"],
  },
  {
    id: "killed", // what bash writes for any SIGKILL
    pattern: /(^|\s)Killed(\s|$)/,
    says: "something sent it SIGKILL: the kernel when memory runs out, or a person",
    remedy: ["dmesg | grep -i oom on the node tells which; free memory there if it was the kernel"],
  },
  {
    id: "peer-silent",
    pattern: /Did not receive response from front-end process within \d+ minutes/,
    says: "the head of its group never answered",
    remedy: ["look at rank 0 of the group", "the rpc port must be open between the nodes"],
    follows: true,
  },
  {
    id: "engine-late",
    pattern: /Timed out waiting for engine/,
    says: "an engine of the group was not ready in time",
    remedy: ["look at the other ranks of the group", "timeouts.ready, and engine.env VLLM_ENGINE_READY_TIMEOUT_S"],
    follows: true,
  },
  {
    id: "rank-lost",
    pattern: /(gloo.*Connection closed by peer|typically caused by a remote worker crash|connectFullMesh failed)/i,
    says: "another rank of the group went away",
    remedy: ["look at the rank that died first", "pdctl up starts the group again, as one"],
    follows: true,
  },
  {
    id: "engine-core",
    pattern:
      /(EngineDeadError|Engine core initialization failed|EngineCore failed to start|WorkerProc (failed to start|initialization failed)|EngineCore encountered a fatal error)/,
    says: "the engine behind the server ended",
    remedy: ["the first ERROR line above names the cause"],
    follows: true,
  },
  {
    id: "settings",
    pattern: /(ValidationError: \d+ validation error|Value error, )/,
    says: "vLLM refused the settings",
    remedy: ["the lines after it name the setting"],
    wide: true,
  },
];
