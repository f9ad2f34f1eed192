import type { ServiceSpec } from "./supervise.ts";

/** What the wrapper runs: the launch script itself, or the container tool that runs it inside. */
export function command({ cluster, generation, service, runtime }: ServiceSpec, stateDir: string): string[] {
  const runDir = `${stateDir}/runs/${generation}/${service}`;
  const launch = `${runDir}/launch.sh`;
  if (runtime.kind === "process" || runtime.kind === "systemd") return ["bash", launch];
  const env = Object.entries({
    PDCTL_RUN: `${cluster}/${generation}/${service}`,
    PDCTL_HOME: stateDir,
    PDCTL_RUN_DIR: runDir,
    SPT_NOENV: "1", // setproctitle would wipe the mark out of /proc/PID/environ
  }).flatMap(([name, value]) => ["--env", `${name}=${value}`]);
  if ("container" in runtime) return [runtime.kind, "exec", ...env, runtime.container, "bash", launch];
  const hostPids = runtime.options.some(
    (option, index, all) => option === "--pid=host" || (option === "--pid" && all[index + 1] === "host"),
  );
  // twice the same target is "Duplicate mount point" to docker; the plan may have its own idea of how it is mounted
  const mounted = runtime.options.some((option) => option.split(":")[1] === stateDir);
  return [
    runtime.kind,
    "run",
    "--pull=never", // `up` pulls, as a phase; a start that pulls by itself is silent for as long as that takes
    "--name",
    runtime.name,
    "--label",
    `pdctl.home=${stateDir}`,
    ...(hostPids ? [] : ["--init"]), // somebody has to reap what the engine leaves
    ...env,
    ...(mounted ? [] : ["--volume", `${stateDir}:${stateDir}`]),
    ...runtime.options,
    "--entrypoint", // images of vLLM have their own, and it would take the script for a model
    "bash",
    runtime.image,
    launch,
  ];
}

/** `run`: what the scripts on the node need of a spec, one fact per line. Source: `run_facts` in templates/supervise/proc.sh. */
export function facts({ hash, runtime, ready, listens, scratch }: ServiceSpec): string {
  const [mode, name] =
    runtime.kind === "process"
      ? ["", ""]
      : runtime.kind === "systemd"
        ? [runtime.scope, runtime.unit]
        : "container" in runtime
          ? ["exec", runtime.container]
          : ["run", runtime.name];
  return [
    hash,
    runtime.kind,
    mode,
    name,
    ...ready.map(
      (probe) =>
        `probe ${[probe.kind, ...(probe.kind === "alive" ? [] : [probe.host, probe.port])].join(" ")}${probe.kind === "http" ? ` ${probe.path}` : ""}`,
    ),
    ...listens.map(({ port }) => `listen ${port}`),
    ...scratch.map((path) => `scratch ${path}`),
    "",
  ].join("\n");
}
