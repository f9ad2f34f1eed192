import { existsSync } from "node:fs";
import { expect } from "vitest";
import { topology } from "../hosts/one-p-one-d.ts";
import type { Case, Stage } from "./case.ts";
import { isUp } from "./engines-that.ts";
import { reached } from "./moments.ts";

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

/** A small file system at the place of decode's state, until `free` is called. */
async function smallDisk(stage: Stage, size: string): Promise<{ free(): Promise<void> }> {
  const { d } = stage;
  const made = await d.exec(`mkdir -p /root/.pdctl && mount -n -t tmpfs -o size=${size},mode=700 tmpfs /root/.pdctl`);
  expect(made.code, made.stderr).toBe(0);
  return {
    free: async () => {
      const { code, stderr } = await d.exec("mount -n -o remount,size=200m /root/.pdctl");
      expect(code, stderr).toBe(0);
    },
  };
}

const unsealed = async ({ d }: Stage) => {
  const { code, stderr } = await d.exec("mount -n -o remount,bind,rw /root");
  expect(code, stderr).toBe(0);
};

/** The mount itself is this case's own and nothing that pdctl left. */
const unmounted = async ({ d }: Stage) => {
  const { code, stderr } = await d.exec("umount -n /root/.pdctl && rmdir /root/.pdctl");
  expect(code, stderr).toBe(0);
};

export const placeCases: readonly Case[] = [
  {
    name: "a full disk under decode's state",
    async play(stage) {
      const disk = await smallDisk(stage, "64k");
      const up = await stage.run(["up", stage.file]);
      expect(up.code, up.stdout + up.stderr).not.toBe(0);
      expect(up.stdout + up.stderr).toMatch(/No space left on device/);
      await disk.free();
    },
    after: unmounted,
  },
  {
    name: "a disk that an engine's log fills while it runs",
    topology: {
      more: [
        "  - { name: babble, node: n1, command: [bash, -c, 'while :; do echo a line that fills the disk; done; sleep 1000'] }",
      ],
    },
    async play(stage) {
      const disk = await smallDisk(stage, "8m");
      await stage.run(["up", stage.file]);
      await expect
        .poll(async () => (await stage.d.exec("df --output=avail /root/.pdctl | tail -1")).stdout.trim(), {
          timeout: 60_000,
        })
        .toBe("0");
      const status = await stage.run(["status", stage.file]);
      expect(status.code).not.toBe(70);
      const down = await stage.run(["down", stage.file]);
      expect([0, 5], down.stdout + down.stderr).toContain(down.code);
      await disk.free();
    },
    after: unmounted,
  },
  {
    name: "a home that cannot be written",
    async play(stage) {
      const sealed = await stage.d.exec("mount -n --bind /root /root && mount -n -o remount,bind,ro /root");
      expect(sealed.code, sealed.stderr).toBe(0);
      const up = await stage.run(["up", stage.file]);
      expect(up.code).not.toBe(0);
      expect(up.stdout + up.stderr).toMatch(/Read-only file system/);
      await unsealed(stage);
    },
  },
  {
    name: "a home that becomes read-only under a running cluster",
    async play(stage) {
      await isUp(stage);
      const sealed = await stage.d.exec("mount -n --bind /root /root && mount -n -o remount,bind,ro /root");
      expect(sealed.code, sealed.stderr).toBe(0);
      const down = await stage.run(["down", stage.file]);
      expect(down.code, down.stdout + down.stderr).not.toBe(0);
      await unsealed(stage);
    },
  },
  {
    name: "one home for all nodes",
    lab: { shared: ["/srv/home"] },
    topology: { stateDir: "/srv/home/state" },
    play: isUp,
  },
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
    name: "a node whose clock is an hour ahead",
    simulated: "libfaketime tells the programs of every login another time; the kernel's own clock is the same",
    lacks: () => (existsSync(FAKETIME) ? undefined : "libfaketime is not installed"),
    own: /\/root\/\.bashrc$|faketime/,
    async play(stage) {
      stage.d.write("/root/.bashrc", `export LD_PRELOAD=${FAKETIME} FAKETIME=+1h DONT_FAKE_MONOTONIC=1\n`);
      const up = await stage.run(["up", stage.file]);
      expect(up.stdout + up.stderr).toMatch(/clock/);
    },
  },
  {
    name: "a port that somebody takes between the check and the bind",
    async play(stage) {
      const { begin, file, d } = stage;
      const up = begin(["up", file, "--ndjson"]);
      await reached(up, { verb: "up", phase: "push", state: "done" });
      const thief = await d.spawn("exec node -e 'require(\"net\").createServer().listen(8200)'");
      const ended = await up.ended;
      expect(ended.code, ended.stdout).not.toBe(0);
      expect(ended.stdout).toMatch(/8200/);
      d.kill(thief);
    },
  },
  {
    name: "two launchers at the same moment, with different topologies of one name",
    async play(stage) {
      const other = topology("chaos", { file: "other", reversed: true, decode: ", args: { max-num-seqs: 7 }" });
      const both = [stage.begin(["up", stage.file, "--yes"]), stage.begin(["up", other, "--yes"])];
      const codes = (await Promise.all(both.map(({ ended }) => ended))).map(({ code }) => code);
      expect(codes, stage.said()).toContain(7);
      for (const code of codes) expect([0, 7]).toContain(code);
    },
  },
];

const FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";
