import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { chownSync, existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Account, accounts, defaultPath, type HostSpec, type LabOptions, labDirectory } from "./spec.ts";
import { newSshKey } from "./ssh-key.ts";

const nodeOfThisMachine = process.execPath;

/** What the launcher has to know to trust a host and be trusted by it. */
export interface Keys {
  readonly hostKey: string; // public, as known_hosts wants it: "ssh-ed25519 AAAA…"
}

/** Everything that is one for the whole lab: device nodes, shared directories. */
export function layOutLab({ shared = [] }: LabOptions): void {
  const dev = join(labDirectory, ".dev");
  for (const directory of ["pts", "shm"]) mkdirSync(join(dev, directory), { recursive: true });
  const nodes = { null: "1 3", zero: "1 5", full: "1 7", random: "1 8", urandom: "1 9", tty: "5 0" };
  const make = Object.entries(nodes).map(([name, numbers]) => `mknod -m 666 ${name} c ${numbers}`);
  const links = [
    "ln -s pts/ptmx ptmx",
    "ln -s /proc/self/fd fd",
    ...[0, 1, 2].map((n) => `ln -s /proc/self/fd/${n} std${["in", "out", "err"][n]}`),
  ];
  execFileSync("bash", ["-ec", [...make, ...links].join("\n")], { cwd: dev });
  for (const path of shared) mkdirSync(sharedSource(path), { recursive: true, mode: 0o777 });
  for (const path of shared) execFileSync("chmod", ["1777", sharedSource(path)]);
}

/** Writes the files of one host, before it boots. lab.sh and boot.sh say what is read from where. */
export function layOutHost(
  host: HostSpec,
  index: number,
  all: readonly HostSpec[],
  options: LabOptions,
  authorizedKey: string,
): Keys {
  const base = join(labDirectory, host.name);
  const upper = join(base, "upper");
  for (const directory of ["work", "root", "own/home", "own/var-tmp", "upper/etc/lab"])
    mkdirSync(join(base, directory), { recursive: true });
  execFileSync("chmod", ["1777", join(base, "own/var-tmp")]);
  writeFileSync(join(base, "net"), `${index} ${host.ip} ${host.nic ?? "eth0"}\n`);
  renewBootId(host.name);

  for (const account of accounts)
    layOutHome(
      base,
      account,
      (host.authorized ?? accounts.map(({ name }) => name)).includes(account.name) ? authorizedKey : "",
    );
  const put = (path: string, text: string, mode = 0o644) => writeFileSync(join(upper, path), text, { mode });
  put("etc/hostname", `${host.name}\n`);
  put("etc/hosts", hostsFile(all));
  put("etc/resolv.conf", "");
  put("etc/machine-id", `${randomUUID().replaceAll("-", "")}\n`);
  put(
    "etc/passwd",
    withAccounts("/etc/passwd", ({ name, uid, home }) => `${name}:x:${uid}:${uid}::${home}:/bin/bash`),
  );
  put(
    "etc/group",
    withAccounts("/etc/group", ({ name, uid }) => `${name}:x:${uid}:`),
  );
  put("etc/shadow", accounts.map(({ name }) => `${name}:*:20000:0:99999:7:::\n`).join(""), 0o600); // "*": no password, not locked
  put("etc/lab/sshd_config", sshdConfig(host));
  const hostKey = renewHostKey(host.name);

  const directories = [...(options.directories ?? []), ...(host.directories ?? []), ...(options.shared ?? [])];
  for (const path of directories) mkdirSync(homeward(base, path) ?? join(upper, path), { recursive: true });
  writeFileSync(join(base, "fstab"), fstab(host, options, layOutNode(upper, host.node ?? true)));
  return { hostKey };
}

/** /home is a file system of its own on every host: what is below it lies elsewhere. */
const homeward = (base: string, path: string) => (path.startsWith("/home/") ? join(base, "own", path) : undefined);

export function renewBootId(name: string): void {
  writeFileSync(join(labDirectory, name, "boot_id"), `${randomUUID()}\n`);
}

/** A new host key; its public half. sshd reads it at every connection, so this is also how a host's key changes under a launcher. */
export function renewHostKey(name: string): string {
  const pair = newSshKey(name);
  writeFileSync(join(labDirectory, name, "upper/etc/lab/host_key"), pair.private, { mode: 0o600 });
  return pair.public.split(" ").slice(0, 2).join(" ");
}

export const hostsFile = (all: readonly HostSpec[]) =>
  ["127.0.0.1 localhost", ...all.map(({ name, ip }) => `${ip} ${name}`), ""].join("\n");

function layOutHome(base: string, { uid, home }: Account, authorizedKey: string): void {
  const path = join(base, "own", home);
  mkdirSync(join(path, ".ssh"), { recursive: true, mode: 0o700 });
  writeFileSync(join(path, ".ssh/authorized_keys"), authorizedKey, { mode: 0o600 });
  for (const owned of ["", ".ssh", ".ssh/authorized_keys"]) chownSync(join(path, owned), uid, uid);
}

function withAccounts(file: string, line: (account: Account) => string): string {
  const [root, ...added] = accounts;
  const names = added.map(({ name }) => `${name}:`);
  const kept = readFileSync(file, "utf8")
    .split("\n")
    .filter((row) => row !== "" && !names.some((name) => row.startsWith(name)));
  const lines = kept.map((row) => (row.startsWith("root:") ? line(root) : row)); // the launcher's root lives elsewhere
  return `${[...lines, ...added.map(line)].join("\n")}\n`;
}

function sshdConfig({ sshd = {} }: HostSpec): string {
  const { port = 22, maxStartups = "10:30:100", maxSessions = 10, allowTcpForwarding = true, lines = [] } = sshd;
  const settings = {
    Port: port,
    HostKey: "/etc/lab/host_key",
    UsePAM: "no",
    UseDNS: "no",
    PasswordAuthentication: "no",
    PermitRootLogin: "yes",
    PrintMotd: "no",
    PidFile: "none",
    Subsystem: "sftp internal-sftp",
    MaxStartups: maxStartups,
    MaxSessions: maxSessions,
    AllowTcpForwarding: allowTcpForwarding ? "yes" : "no",
  };
  // the first value of a setting counts, so lines of the test go before ours
  return [...lines, ...Object.entries(settings).map(([name, value]) => `${name} ${value}`), ""].join("\n");
}

function fstab(
  { name }: HostSpec,
  { shared = [], borrowed = [], numa = true }: LabOptions,
  node: string | undefined,
): string {
  const base = join(labDirectory, name);
  const root = join(base, "root");
  const bind = (from: string, to: string) => `${from} ${root}${to} none bind 0 0`;
  return [
    `overlay ${root} overlay lowerdir=/,upperdir=${base}/upper,workdir=${base}/work 0 0`,
    bind(`${base}/own/root`, "/root"),
    bind(`${base}/own/home`, "/home"),
    bind(`${base}/own/var-tmp`, "/var/tmp"),
    `proc ${root}/proc proc defaults 0 0`,
    `sysfs ${root}/sys sysfs ro 0 0`,
    ...(numa ? [] : [`tmpfs ${root}/sys/devices/system/node tmpfs mode=755 0 0`]),
    `tmpfs ${root}/tmp tmpfs mode=1777 0 0`,
    `tmpfs ${root}/run tmpfs mode=755 0 0`,
    bind(`${labDirectory}/.dev`, "/dev"),
    `devpts ${root}/dev/pts devpts newinstance,ptmxmode=0666,mode=620,gid=5 0 0`,
    `tmpfs ${root}/dev/shm tmpfs mode=1777 0 0`,
    bind(`${base}/boot_id`, "/proc/sys/kernel/random/boot_id"),
    ...shared.map((path) => bind(sharedSource(path), path)),
    ...(node === undefined ? [] : [bind(nodeOfThisMachine, node)]),
    // the host's own /root, /home and /tmp are empty: the way to what is borrowed is made there
    ...borrowed.map((path) => `${path} ${root}${path} none bind,ro,X-mount.mkdir 0 0`),
    "",
  ].join("\n");
}

/** Puts Node in the host's PATH, or takes it out. Answers where it has to be bound, when this machine keeps it elsewhere. */
function layOutNode(upper: string, wanted: boolean): string | undefined {
  const places = new Set(
    defaultPath
      .split(":")
      .filter(existsSync)
      .map((directory) => join(realpathSync(directory), "node")),
  );
  const found = [...places].filter(existsSync);
  if (wanted && found.length > 0) return undefined;
  const bound = "/usr/local/bin/node";
  for (const path of wanted ? [bound] : found) mkdirSync(join(upper, dirname(path)), { recursive: true });
  if (wanted) writeFileSync(join(upper, bound), "");
  else for (const path of found) execFileSync("mknod", [join(upper, path), "c", "0", "0"]); // an overlay's way to say "not there"
  return wanted ? bound : undefined;
}

const sharedSource = (path: string) => join(labDirectory, ".shared", path.replaceAll("/", "-"));
