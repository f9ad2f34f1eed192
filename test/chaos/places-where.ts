import { existsSync } from "node:fs";
import { expect } from "vitest";
import { topology, two } from "../hosts/one-p-one-d.ts";
import type { Case, Stage } from "./case.ts";
import { isUp } from "./engines-that.ts";
import { reached } from "./moments.ts";

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

/** What `down` could not remove of decode's node, as it says. */
async function leftOver({ run, file }: Stage): Promise<string | undefined> {
  const down = await run(["down", file]);
  const said = down.stdout + down.stderr;
  expect(down.code, said).toBe(5);
  return /(\/home\/ops\/\S+) could not be removed/.exec(said)?.[1] ?? `no path in: ${said}`;
}

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
  {
    name: "directories that a container wrote, as root and as a sub-uid, among an ordinary user's own files",
    simulated: "root makes them from outside: no container runs",
    user: "ops",
    async play(stage) {
      const { d, run, file } = stage;
      await isUp(stage);
      const ours = d.files(stage.state).find((name) => /\/decode-0-0$/.test(name));
      for (const [name, owner] of [
        ["cache", "0:0"],
        ["scratch", "100999:100999"],
      ]) {
        const path = `${stage.state}/${ours}/${name}`;
        const made = await d.exec(`mkdir -p ${path}/x && touch ${path}/x/kernel.bin && chown -R ${owner} ${path}`);
        expect(made.code, made.stderr).toBe(0);
      }
      const left = await leftOver(stage);
      expect(await leftOver(stage)).toBe(left); // not forgotten by the next one
      await isUp(stage); // beside it
      expect(await leftOver(stage)).toBe(left);
      const removed = await d.exec(`rm -r ${left}`); // as root, which is what the user has to do
      expect(removed.code, removed.stderr).toBe(0);
      const down = await run(["down", file]);
      expect(down.code, down.stdout + down.stderr).toBe(0);
    },
  },
  {
    name: "a node that is off and stays so: it is unknown to status and to down",
    async play({ d, run, file, ...stage }) {
      await isUp({ ...stage, d, run, file });
      await d.crash();
      const status = await run(["status", file, "--json"]);
      expect(status.code).toBe(5);
      const rows: readonly { service: string; node: string; state: string }[] = JSON.parse(status.stdout).services;
      const there = rows.filter(({ node }) => node === "n1").map(({ service, state }) => `${service} ${state}`);
      expect(there, status.stdout).toEqual(["decode-0-0 unknown"]); // the proxy's record names it; of a side service only its node knows
      const down = await run(["down", file]);
      expect(down.code, down.stdout + down.stderr).toBe(5);
      expect(down.stdout + down.stderr).toMatch(/n1 unknown/);
      await d.start();
    },
  },
  ...["ahead", "behind"].map(
    (way): Case => ({
      name: `a node whose clock is an hour ${way}`,
      simulated: "libfaketime tells the programs of every login another time; the kernel's own clock is the same",
      lacks: () => (existsSync(FAKETIME) ? undefined : "libfaketime is not installed"),
      own: /\/root\/\.bashrc$|faketime/,
      async play(stage) {
        const time = way === "ahead" ? "+1h" : "-1h";
        stage.d.write("/root/.bashrc", `export LD_PRELOAD=${FAKETIME} FAKETIME=${time} DONT_FAKE_MONOTONIC=1\n`);
        const up = await stage.run(["up", stage.file]);
        expect(up.stdout + up.stderr).toMatch(/clock/);
      },
    }),
  ),
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
    async play({ begin, file, said }) {
      const other = topology("chaos", { file: "other", reversed: true, decode: ", args: { max-num-seqs: 7 }" });
      const both = [begin(["up", file, "--yes"]), begin(["up", other, "--yes"], { launcher: "another" })];
      const codes = (await Promise.all(both.map(({ ended }) => ended))).map(({ code }) => code);
      expect(codes, said()).toContain(7);
      for (const code of codes) expect([0, 7]).toContain(code);
    },
  },
  {
    name: "two launchers one after the other, the second with a topology of the same name that has one of the nodes",
    async play(stage) {
      await isUp(stage);
      const other = topology("chaos", { file: "other", hosts: two.slice(1) });
      const up = await stage.begin(["up", other, "--yes"], { launcher: "another" }).ended;
      expect(up.code, up.stdout + up.stderr).toBe(0);
      expect(up.stdout + up.stderr).toMatch(/stop +.*clock/);
      expect(stage.lab.host("n0").leftovers()).toEqual([]); // it knew of that node from the other one alone
    },
  },
];

const FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";
