/** Text, or a path list that is composed over the layers and with what the node already has. */
export type EnvValue = string | { readonly prepend: readonly string[]; readonly append: readonly string[] };
export type Env = Readonly<Record<string, EnvValue>>;

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** By flag name in kebab case. true: `--flag`; false: `--no-flag`; text: `--flag text`; list: `--flag a b`; json: one JSON argument. */
export type ArgValue = boolean | string | readonly string[] | { readonly json: Json };
export type Args = Readonly<Record<string, ArgValue>>;

/** What is said of an engine: its instance's layers merged, the node's own not yet. */
export interface EngineChoice {
  readonly kind: "vllm" | "sim";
  /** Releases by package (vllm, vllm-ascend, mooncake …), as declared, or as the tag of its image says; what a node says goes before it. */
  readonly versions?: Readonly<Record<string, string>>;
  /** Packages of `versions` whose release the tag of `runtime.image` says. */
  readonly imageTells?: readonly string[];
  /** Replaces `vllm serve`. */
  readonly command?: readonly string[];
  readonly venv?: string;
  readonly runtime: Runtime;
  readonly bind?: string;
  readonly port: number;
  /** First port of the ranks' KV events; unset: pdctl says nothing about events. */
  readonly kvEventsPort?: number;
  /** First port of the blocks from which each process draws its random ports; unset: the kernel's. */
  readonly vllmPort?: number;
  readonly kvLayout?: "HND" | "NHD";
  readonly parallel: Parallel;
  readonly args: Args;
  readonly argv: readonly string[];
  readonly env: Env;
  /** What a written null takes out of the layers below `engine`: flags of pdctl, variables of the hardware and the connector. */
  readonly without?: { readonly args: readonly string[]; readonly env: readonly string[] };
  /** Shell text run before the engine's environment is set; its own file, sourced. */
  readonly prelude?: string;
}

export interface Parallel {
  readonly tp: number;
  readonly pp: number;
  readonly pcp: number;
  readonly dcp: number;
  readonly dp: number;
  readonly dpLocal?: number;
  /** Ranks on each node in order, where they differ; `dpLocal` is then unset. */
  readonly dpShares?: readonly number[];
  readonly dpLb?: "internal" | "hybrid" | "external";
  readonly expertParallel?: boolean;
  readonly rpcPort?: number;
  readonly masterPort?: number;
}

/** When an image is pulled: where there is none, with every `up`, or by nobody. */
export type Pulling = "missing" | "always" | "never";

export type Runtime =
  | { readonly kind: "process" }
  | { readonly kind: "systemd"; readonly scope: "user" | "system" }
  | {
      readonly kind: "docker" | "podman";
      readonly image: string;
      readonly pull: Pulling;
      readonly privileged: boolean;
      readonly capAdd: readonly string[];
      readonly mounts: readonly string[];
      readonly options: readonly string[];
    }
  | { readonly kind: "docker" | "podman"; readonly container: string };
