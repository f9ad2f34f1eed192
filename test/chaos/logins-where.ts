import { existsSync } from "node:fs";
import { expect } from "vitest";
import { two } from "../hosts/one-p-one-d.ts";
import type { Case } from "./case.ts";
import { isUp } from "./engines-that.ts";

const noisy = {
  "prints on both streams": 'echo welcome; echo "motd: $(date)" >&2; printf "no newline"',
  "sets -e, -u and another directory": "set -eu; cd /; CDPATH=/tmp",
  "has aliases and functions in the way":
    'alias ls="rm -i" cat=tac mv="mv -i"; cd() { builtin cd "$@" && ls; }; shopt -s expand_aliases',
} as const;

/** A login shell of root on both hosts. */
const shell = (path: string): Case => ({
  name: `login shell ${path}`,
  lacks: () => (existsSync(path) ? undefined : `${path} is not installed`),
  own: /\/etc\/|\/root\/\.(config|local|cache)/, // the user database, and what fish writes at every start
  async play(stage) {
    for (const host of stage.lab.hosts) {
      const { code, stderr } = await host.exec(`sed -i 's#^\\(root:.*:\\)[^:]*$#\\1${path}#' /etc/passwd`);
      expect(code, stderr).toBe(0);
    }
    await isUp(stage);
  },
});

export const loginCases: readonly Case[] = [
  ...Object.entries(noisy).map(
    ([what, text]): Case => ({
      name: `a start-up file that ${what}`,
      own: /\/root\/\.bashrc$/,
      async play(stage) {
        for (const host of stage.lab.hosts) host.write("/root/.bashrc", `${text}\n`);
        await isUp(stage);
      },
    }),
  ),
  {
    name: "a start-up file that ends every shell",
    own: /\/root\/\.bashrc$/,
    async play({ run, file, d }) {
      d.write("/root/.bashrc", "[[ $- == *i* ]] || exit 1\n");
      const up = await run(["up", file]);
      expect(up.code).not.toBe(0);
      expect(up.stdout + up.stderr).toMatch(/its login shell ended with 1 before/);
      d.write("/root/.bashrc", "");
    },
  },
  shell("/bin/dash"),
  shell("/usr/bin/fish"),
  shell("/bin/tcsh"),
  {
    name: "a login without HOME",
    own: /\/root\/\.bashrc$/,
    async play(stage) {
      for (const host of stage.lab.hosts) host.write("/root/.bashrc", "unset HOME\n");
      await isUp(stage);
    },
  },
  {
    name: "a user whose home does not exist",
    hosts: two.map((host) => ({ ...host, sshd: { lines: ["AuthorizedKeysFile /etc/lab/keys"] } })),
    user: "ops",
    own: /\/etc\//,
    async play({ lab, run, file }) {
      const move = async (from: string, to: string) => {
        for (const host of lab.hosts) await host.exec(`sed -i 's#^\\(ops:.*\\):${from}:#\\1:${to}:#' /etc/passwd`);
      };
      for (const host of lab.hosts) host.write("/etc/lab/keys", host.read("/home/ops/.ssh/authorized_keys"));
      await move("/home/ops", "/home/nobody/ops");
      const up = await run(["up", file]);
      expect(up.code, up.stdout + up.stderr).not.toBe(0);
      expect(up.stdout + up.stderr).toMatch(/\/home\/nobody/);
      await move("/home/nobody/ops", "/home/ops");
    },
  },
];
