import { execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
export const IMAGE = "vllm/stand-in:1";

/** docker or podman with images and containers of its own, and a directory to be put before PATH that holds the tool. */
export interface Engine extends AsyncDisposable {
  readonly tool: "docker" | "podman";
  readonly bin: string;
  /** Runs the tool with these words. @returns its stdout */
  readonly ask: (...words: string[]) => Promise<string>;
}

export const has = (program: string) =>
  ["/usr/bin", "/usr/sbin", "/usr/local/bin"].some((directory) => existsSync(join(directory, program)));

/**
 * A daemon that touches nothing of the machine's: no bridge, no firewall rules, its own socket and data. Runs where root is there
 * but not every capability.
 */
export async function startDocker(): Promise<Engine> {
  const home = await mkdtemp(join(tmpdir(), "pdctl-dockerd-"));
  const socket = `unix://${home}/docker.sock`;
  const child = spawn(
    "dockerd",
    [
      ...["--bridge=none", "--iptables=false", "--ip6tables=false", "--storage-driver=vfs"],
      ...["--data-root", `${home}/data`, "--exec-root", `${home}/exec`, "--pidfile", `${home}/pid`, "-H", socket],
    ],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  let said = "";
  const ready = new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`dockerd ended with ${code}: ${said.slice(-2000)}`)));
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      if (said.includes("API listen on")) resolve();
    });
  });
  await ready;
  const engine = await engineOf("docker", home, `exec /usr/bin/docker -H ${socket} "$@"`);
  return {
    ...engine,
    [Symbol.asyncDispose]: async () => {
      for (const id of (await engine.ask("ps", "-aq")).split("\n").filter((id) => id !== ""))
        await engine.ask("rm", "-f", id);
      const gone = once(child, "exit");
      child.kill("SIGTERM");
      await gone;
      await run("umount", [`${home}/exec/netns/default`]).catch(() => undefined); // only where a container had the host's network
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** podman needs no daemon; its storage is a directory of its own. */
export async function startPodman(): Promise<Engine> {
  const home = await mkdtemp(join(tmpdir(), "pdctl-podman-"));
  // No limits beyond what this machine may set, and no cgroup manager that has to be asked over a bus.
  writeFileSync(
    join(home, "containers.conf"),
    '[containers]\ndefault_ulimits = []\npids_limit = 0\n[engine]\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\nruntime = "runc"\n',
  );
  const words = `--root ${home}/root --runroot ${home}/run --storage-driver vfs`;
  const engine = await engineOf(
    "podman",
    home,
    `CONTAINERS_CONF=${home}/containers.conf exec /usr/bin/podman ${words} "$@"`,
  );
  return {
    ...engine,
    [Symbol.asyncDispose]: async () => {
      await engine.ask("rm", "-af");
      await rm(home, { recursive: true, force: true });
    },
  };
}

async function engineOf(
  tool: "docker" | "podman",
  home: string,
  line: string,
): Promise<Omit<Engine, keyof AsyncDisposable>> {
  const bin = join(home, "bin");
  mkdirSync(bin);
  writeFileSync(join(bin, tool), `#!/bin/sh\n${line}\n`, { mode: 0o755 });
  const ask = async (...words: string[]) => (await run(join(bin, tool), words)).stdout;
  await importImage(home, ask);
  return { tool, bin, ask };
}

const PROGRAMS = "bash cat env grep head mkdir mv rm sed sleep sort stat test touch tr".split(" ");

/** A directory with what launch scripts and a stand-in need, as an image: nothing is pulled from anywhere. */
async function importImage(home: string, ask: Engine["ask"]): Promise<void> {
  const root = join(home, "image");
  for (const program of [...PROGRAMS.map((name) => `/usr/bin/${name}`), process.execPath]) {
    const libraries = execFileSync("ldd", [program]).toString();
    for (const file of [program, ...(libraries.match(/\/\S+/g) ?? [])]) {
      const target = file === process.execPath ? join(root, "usr/bin/node") : join(root, file);
      mkdirSync(dirname(target), { recursive: true });
      if (!existsSync(target)) copyFileSync(file, target);
    }
  }
  for (const name of ["tmp", "dev/shm", "proc", "sys", "root", "bin"]) mkdirSync(join(root, name), { recursive: true });
  copyFileSync("/usr/bin/bash", join(root, "bin/bash"));
  copyFileSync("/usr/bin/bash", join(root, "bin/sh"));
  const archive = join(home, "image.tar");
  await run("tar", ["-C", root, "-cf", archive, "."]);
  await ask("import", archive, IMAGE);
  await rm(root, { recursive: true });
  await rm(archive);
}
