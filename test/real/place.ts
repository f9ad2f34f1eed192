import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "pdctl");

/** Where scripts/vllm-cpu puts what it makes, unless it is told otherwise. */
export const venv = join(cache, "vllm-cpu");
export const models = { dense: join(cache, "tiny-qwen3"), moe: join(cache, "tiny-qwen3-moe") } as const;

/** Why nothing of this can run here; undefined: it can. */
export const lacking: string | undefined = !existsSync(join(venv, "pdctl-made"))
  ? `no vLLM in ${venv}: scripts/vllm-cpu/install.sh`
  : Object.values(models)
      .filter((model) => !existsSync(join(model, "model.safetensors")))
      .map((model) => `no model in ${model}: scripts/vllm-cpu/make-tiny.py`)[0];

/** Why nothing can run here that needs test hosts too. */
export const lackingHosts: string | undefined =
  lacking ?? (process.env.PDCTL_ISOLATED === undefined ? (process.env.PDCTL_NO_HOSTS ?? "no test hosts") : undefined);

/** A test's name, with the reason where it cannot run. */
export const titled = (name: string, without: string | undefined = lacking): string =>
  without === undefined ? name : `${name} (${without})`;

/** The installation of Python that the environment was made from: it has the interpreter and the standard library. */
export function pythonHome(environment = venv): string {
  const home = /^home = (.+)$/m.exec(readFileSync(join(environment, "pyvenv.cfg"), "utf8"))?.[1];
  if (home === undefined) throw new Error(`${environment}/pyvenv.cfg does not say where its Python is`);
  return dirname(home);
}
