import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Session } from "../../src/nodes/session.ts";
import { inspect, stop, watch } from "../../src/supervise/index.ts";
import type { ServiceState, Started, WatchEvent } from "../../src/supervise/supervise.ts";
import { lab, never, scripts } from "./lab.ts";
import { aliveWith, isAlive, until } from "./processes.ts";

/**
 * What supervision promises on every kind of session: engines of all manners start, are seen for what they are, and end.
 * `brief` leaves out the manners that no session can change.
 */
export function serviceContract(
  name: string,
  open: () => Promise<Session>,
  { brief = false }: { brief?: boolean } = {},
): void {
  describe(name, () => {
    const unlessBrief = brief ? (_name: string, _test: () => Promise<void>) => undefined : it.concurrent;
    /** A node for one test, with the two questions that all of them ask. */
    const place = async () => {
      const node = await lab(await open());
      return {
        ...node,
        async stateOf(service: string): Promise<ServiceState | undefined> {
          const look = await inspect(node.session, { stateDir: node.stateDir }, scripts, never);
          return look.found.find(({ spec }) => spec.service === service)?.state;
        },
        end: (services: readonly string[], graceMs = 300) =>
          stop(node.session, { stateDir: node.stateDir, services, graceMs }, scripts, never),
      };
    };
    const gone = (service: string) => ({ service, state: "gone", left: [] });

    it.concurrent("an engine starts, is kept when it is asked for again, and ends at SIGTERM long before its grace is over", async () => {
      await using node = await place();
      const [first] = await node.start({ a: ["sleep", "1000"] });
      expect(first).toMatchObject({ outcome: "started", identity: { pid: expect.any(Number) } });
      const { pid } = identityOf(first);
      expect(readFileSync(`/proc/${pid}/cmdline`, "utf8")).toBe("sleep\x001000\0");
      expect(await node.start({ a: ["sleep", "1000"] })).toEqual([{ ...first, outcome: "kept" }]);
      expect(await node.stateOf("a")).toMatchObject({ state: "alive", identity: { pid } });
      const since = performance.now();
      expect(await node.end(["a"], 20_000)).toEqual([gone("a")]);
      expect(performance.now() - since).toBeLessThan(5_000);
      expect(await node.stateOf("a")).toMatchObject({ state: "died", exit: 143, signal: "TERM", asked: true });
      expect(await node.end(["a"])).toEqual([gone("a")]); // twice is fine
    });

    unlessBrief("an engine that is wanted otherwise is named and left alone, until it may be replaced", async () => {
      await using node = await place();
      const [first] = await node.start({ a: ["sleep", "1000"] });
      expect(await node.start({ a: ["sleep", "1001"] }, { hash: "h2", generation: 2 })).toEqual([
        { service: "a", outcome: "differs", runningHash: "h1" },
      ]);
      expect(isAlive(identityOf(first).pid)).toBe(true);
      const [second] = await node.start({ a: ["sleep", "1001"] }, { hash: "h2", generation: 2 }, { replace: true });
      expect(second).toMatchObject({ outcome: "started" });
      expect(isAlive(identityOf(first).pid)).toBe(false);
      expect(await node.stateOf("a")).toMatchObject({ state: "alive", identity: { pid: identityOf(second).pid } });
    });

    unlessBrief("an engine that ignores SIGTERM, and its children that do, are killed after the grace", async () => {
      await using node = await place();
      const stubborn = "trap '' TERM; (trap '' TERM; while :; do sleep 0.2; done) & while :; do sleep 0.2; done";
      await node.start({ a: ["bash", "-c", stubborn] });
      expect(await node.end(["a"])).toEqual([gone("a")]);
      expect(await node.stateOf("a")).toMatchObject({ state: "died", exit: 137, signal: "KILL" });
      expect(aliveWith(node.stateDir)).toEqual([]);
    });

    it.concurrent("a child that forked twice, made a session of its own and took another name ends with its engine", async () => {
      await using node = await place();
      const script =
        '(setsid bash -c \'trap "" TERM; echo $$ >"$PDCTL_RUN_DIR/pid"; exec -a kworker sleep 1000\' &) ; exec sleep 1000';
      await node.start({ a: ["bash", "-c", script] });
      const pid = await pidIn(`${node.stateDir}/runs/1/a/pid`);
      expect(await node.end(["a"])).toEqual([gone("a")]);
      expect(isAlive(pid)).toBe(false);
    });

    unlessBrief("a child that dropped its environment, or also its session, ends with its engine", async () => {
      await using node = await place();
      const sleep = `bash -c 'echo $$ >"$1"; exec sleep 1000' sleep "$PDCTL_RUN_DIR`;
      const script = `env -i ${sleep}/bare" & env -i setsid ${sleep}/far" & sleep 1000`;
      await node.start({ a: ["bash", "-c", script] });
      const pids = [await pidIn(`${node.stateDir}/runs/1/a/bare`), await pidIn(`${node.stateDir}/runs/1/a/far`)];
      expect(await node.end(["a"])).toEqual([gone("a")]);
      expect(pids.map(isAlive)).toEqual([false, false]);
    });

    unlessBrief("an engine that is stopped by a signal, as a debugger leaves it, ends all the same", async () => {
      await using node = await place();
      const [started] = await node.start({ a: ["sleep", "1000"] });
      process.kill(identityOf(started).pid, "SIGSTOP");
      expect(await node.stateOf("a")).toMatchObject({ state: "alive" });
      expect(await node.end(["a"], 5_000)).toEqual([gone("a")]);
    });

    unlessBrief("exit status, signal and the first instants of an engine are recorded", async () => {
      await using node = await place();
      await node.start({
        ok: ["true"],
        three: ["bash", "-c", "exit 3"],
        segv: ["bash", "-c", "kill -SEGV $$"],
        none: ["no-such-engine"],
      });
      await until(async () =>
        (await Promise.all(["ok", "three", "segv", "none"].map(node.stateOf))).every(
          (state) => state?.state === "died",
        ),
      );
      expect(await Promise.all(["ok", "three", "segv", "none"].map(node.stateOf))).toMatchObject([
        { exit: 0, signal: null },
        { exit: 3, signal: null },
        { exit: 139, signal: "SEGV" },
        { exit: 127, signal: null },
      ]);
      expect(readFileSync(`${node.stateDir}/runs/1/none/log`, "utf8")).toContain("no-such-engine");
    });

    it.concurrent("when the wrapper is killed too, the engine is still known, and its end is 'exit unknown'", async () => {
      await using node = await place();
      const [started] = await node.start({ a: ["sleep", "1000"] });
      const { wrapper } = JSON.parse(readFileSync(`${node.stateDir}/runs/1/a/handle.json`, "utf8"));
      process.kill(wrapper.pid, "SIGKILL");
      await until(() => !isAlive(wrapper.pid));
      expect(await node.stateOf("a")).toMatchObject({ state: "alive", identity: { pid: identityOf(started).pid } });
      process.kill(identityOf(started).pid, "SIGKILL");
      await until(() => !isAlive(identityOf(started).pid));
      expect(await node.stateOf("a")).toEqual({ state: "died", exit: null, signal: null, atMs: null });
    });

    it.concurrent("the user hears of an exit at once, with its status", async () => {
      await using node = await place();
      await node.start({
        a: ["bash", "-c", "until [[ -e $PDCTL_RUN_DIR/go ]]; do sleep 0.02; done; exit 7"],
        b: ["sleep", "1000"],
      });
      const services = ["a", "b"].map((service) => ({ service, generation: 1 }));
      const seen: WatchEvent[] = [];
      for await (const event of watch(node.session, { stateDir: node.stateDir, services }, scripts, never)) {
        if (event.type === "beat" && seen.length === 0) writeFileSync(`${node.stateDir}/runs/1/a/go`, "");
        seen.push(event);
        if (event.type === "exit") break;
      }
      const exit = seen.find(({ type }) => type === "exit");
      expect(exit).toMatchObject({ service: "a", exit: 7, signal: null });
      const late = Date.now() - (exit?.type === "exit" ? (exit.atMs ?? 0) : 0);
      expect(late).toBeLessThan(2_000); // what is promised; 0.2 s on an idle machine, and tests share theirs
    });

    unlessBrief(
      "what a dead engine left running is ended before it starts anew, and its former log is kept",
      async () => {
        await using node = await place();
        const script =
          "echo first; (setsid bash -c 'echo $$ >\"$PDCTL_RUN_DIR/pid\"; exec sleep 1000' &); sleep 0.05; exit 1";
        await node.start({ a: ["bash", "-c", script] });
        await until(async () => (await node.stateOf("a"))?.state === "died");
        const orphan = await pidIn(`${node.stateDir}/runs/1/a/pid`);
        expect(isAlive(orphan)).toBe(true);
        expect(await node.start({ a: ["sleep", "1000"] })).toMatchObject([{ outcome: "started" }]);
        expect(isAlive(orphan)).toBe(false);
        expect(readFileSync(`${node.stateDir}/runs/1/a~1/log`, "utf8")).toContain("first");
        expect(readFileSync(`${node.stateDir}/runs/1/a/log`, "utf8")).toBe("");
      },
    );

    unlessBrief("stopping one service leaves the others, and the same names of another cluster, alone", async () => {
      await using node = await place();
      await using other = await lab(await open());
      const [[, b] = [], [theirs] = []] = [
        await node.start({ a: ["sleep", "1000"], b: ["sleep", "1000"] }),
        await other.start({ a: ["sleep", "1000"] }),
      ];
      expect(await node.end(["a"])).toEqual([gone("a")]);
      expect([identityOf(b), identityOf(theirs)].map(({ pid }) => isAlive(pid))).toEqual([true, true]);
    });

    it.concurrent("sixteen services start and end in one round trip each", async () => {
      await using node = await place();
      const names = Array.from({ length: 16 }, (_, n) => `decode-0-${n}`);
      const started = await node.start(Object.fromEntries(names.map((service) => [service, ["sleep", "1000"]])));
      expect(started.map(({ outcome }) => outcome)).toEqual(names.map(() => "started"));
      expect(await node.end(names, 5_000)).toEqual(names.map(gone));
    });

    function identityOf(started: Started | undefined): { pid: number } {
      if (started?.outcome !== "started" && started?.outcome !== "kept")
        throw new Error(`not running: ${JSON.stringify(started)}`);
      return started.identity;
    }
  });
}

async function pidIn(file: string): Promise<number> {
  await until(() => existsSync(file) && readFileSync(file, "utf8").endsWith("\n"));
  return Number(readFileSync(file, "utf8"));
}
