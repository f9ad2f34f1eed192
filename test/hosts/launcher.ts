import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hostsFile } from "./layout.ts";
import { type HostSpec, type LabOptions, launcherHome } from "./spec.ts";
import { newSshKey } from "./ssh-key.ts";

/** The machine that runs pdctl: a home with a key, known_hosts and ssh_config, all of it made anew for every lab. */
export const launcher = {
  home: launcherHome,
  ssh: join(launcherHome, ".ssh"),

  /** Empties the home and makes a key; the public half is what hosts authorize. */
  reset({ sshConfig = "" }: LabOptions): string {
    for (const name of readdirSync(launcherHome)) rmSync(join(launcherHome, name), { recursive: true });
    mkdirSync(this.ssh, { mode: 0o700 });
    const pair = newSshKey("launcher");
    writeFileSync(join(this.ssh, "id_ed25519"), pair.private, { mode: 0o600 });
    writeFileSync(join(this.ssh, "id_ed25519.pub"), `${pair.public}\n`);
    writeFileSync(join(this.ssh, "config"), sshConfig, { mode: 0o600 });
    return `${pair.public}\n`;
  },

  /** Trusts the keys of these hosts, by name and by address, and can look their names up. */
  knows(hosts: readonly { readonly spec: HostSpec; readonly hostKey: string }[], all: readonly HostSpec[]): void {
    const lines = hosts.flatMap(({ spec, hostKey }) =>
      [spec.name, spec.ip].map((name) => `${at(name, spec)} ${hostKey}\n`),
    );
    writeFileSync(join(this.ssh, "known_hosts"), lines.join(""), { mode: 0o600 });
    writeFileSync("/etc/hosts", hostsFile(all)); // in place: this is a mounted file
  },

  /** What a program that pdctl starts sees. SSH_AUTH_SOCK and everything of the person who runs the tests is left out. */
  environment(): Record<string, string> {
    return {
      HOME: launcherHome,
      XDG_STATE_HOME: join(launcherHome, ".local/state"),
      PATH: process.env.PATH ?? "",
      USER: "root",
      LOGNAME: "root",
      SHELL: "/bin/bash",
      LANG: "C.UTF-8",
    };
  },

  /** All files of the launcher's home but those of ssh. */
  files(): string[] {
    const names = readdirSync(launcherHome, { recursive: true, encoding: "utf8" });
    return names.filter((name) => !name.startsWith(".ssh")).sort();
  },

  read: (path: string) => readFileSync(join(launcherHome, path), "utf8"),
  has: (path: string) => existsSync(join(launcherHome, path)),
};

const at = (name: string, { sshd }: HostSpec) =>
  sshd?.port === undefined || sshd.port === 22 ? name : `[${name}]:${sshd.port}`;
