// What the test hosts need of this machine: found, installed (Debian and Ubuntu, as root), or named.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Failed, output, root } from "./steps.mjs";

export const toolPath = [...new Set([...(process.env.PATH ?? "").split(":"), "/usr/sbin", "/sbin"])].join(":");

const hostTools = {
  sshd: "openssh-server",
  ssh: "openssh-client",
  "ssh-keygen": "openssh-client",
  ip: "iproute2",
  iptables: "iptables",
  tini: "tini",
  unshare: "util-linux",
  nsenter: "util-linux",
  setsid: "util-linux",
  mount: "mount",
  hostname: "hostname",
  ps: "procps",
};
const lintTools = { shellcheck: "shellcheck", nft: "nftables" };

/**
 * Answers `{ installed, lacking, refused }`: packages that were put in, packages that are still missing, and why the machine does
 * not allow test hosts (undefined when it does).
 */
export async function prepareHosts() {
  const wanted = missing({ ...hostTools, ...lintTools });
  const installed = wanted.length > 0 && canInstall() && (await apt(wanted)) ? wanted : [];
  const lacking = missing({ ...hostTools, ...lintTools });
  return { installed, lacking, refused: await refusal(missing(hostTools)) };
}

function missing(tools) {
  const isThere = (tool) => toolPath.split(":").some((directory) => existsSync(join(directory, tool)));
  return [...new Set(Object.entries(tools).flatMap(([tool, owner]) => (isThere(tool) ? [] : [owner])))];
}

const canInstall = () => process.getuid?.() === 0 && existsSync("/usr/bin/apt-get");

/** Installs without starting any service: a test machine has not asked for an SSH server. Without a mirror it is "still missing". */
async function apt(packages) {
  const script = `
    policy=/usr/sbin/policy-rc.d
    if [ ! -e $policy ]; then trap 'rm -f $policy' EXIT; printf '#!/bin/sh\\nexit 101\\n' >$policy; chmod 755 $policy; fi
    apt-get -o Acquire::Retries=1 -qq update
    apt-get -qq install -y --no-install-recommends "$@"`;
  try {
    await output("bash", ["-ec", script, "apt", ...packages], {
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    });
    return true;
  } catch (error) {
    if (!(error instanceof Failed)) throw error;
    console.log(error.message);
    return false;
  }
}

/** Why this machine cannot have test hosts; tried, not guessed. */
async function refusal(lacking) {
  if (process.platform !== "linux") return "they need Linux";
  if (process.getuid?.() !== 0) return "they need root";
  if (lacking.length > 0) return `missing: ${lacking.join(" ")}`;
  const tryOut =
    "mkdir -p /run/try/{upper,work,root} && mount -t overlay overlay -o lowerdir=/,upperdir=/run/try/upper,workdir=/run/try/work /run/try/root && ip link add try type veth";
  try {
    await output(join(root, "test/hosts/isolated.sh"), ["bash", "-ec", tryOut], {
      env: { ...process.env, PATH: toolPath },
    });
    return undefined;
  } catch (error) {
    if (!(error instanceof Failed)) throw error;
    return `this machine refuses namespaces or mounts: ${error.message.trim().split("\n", 1)[0]}`;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { installed, lacking, refused } = await prepareHosts();
  console.log(JSON.stringify({ installed, lacking, refused: refused ?? null }));
  process.exitCode = refused === undefined ? 0 : 1;
}
