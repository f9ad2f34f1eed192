import type { Crossing, Filtered } from "../../plan/facts/judge.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { Run } from "../run/run.ts";

const REACH_MS = 60_000; // 64 tries at a time, 3 s each at worst
const MOST = 512; // tries from one node: then every other one speaks for its neighbours

/** Ways on which nothing came back, tried from their own ends; the first and the last port of a run speak for it. */
export async function blocked(ways: readonly Crossing[], fleet: Fleet, run: Run): Promise<readonly Filtered[]> {
  const found = await fleet.all(
    async (session, node) => {
      const mine = thinned(ways.filter(({ from }) => from === node));
      if (mine.length === 0) return [];
      const tries = mine.flatMap(({ ip, first, last }) => [...new Set([first, last])].map((port) => `${ip} ${port}`));
      const answer = await session.call({
        script: run.templates["gather/reach"] ?? "",
        values: { PD_WAYS: [...new Set(tries)] },
        deadlineMs: REACH_MS,
        signal: run.signal,
        what: "the ways to the other nodes",
      });
      const words = new Map(answer.stdout.toString("utf8").split("\n").flatMap(word));
      return mine.flatMap((way) => {
        const why = words.get(`${way.ip} ${way.first}`) ?? words.get(`${way.ip} ${way.last}`);
        return why === undefined ? [] : [{ ...way, why }];
      });
    },
    [...new Set(ways.map(({ from }) => from))],
  );
  return [...found.values()].flat();
}

/** `IP PORT` → what went wrong; nothing for a way that is open. */
function word(line: string): readonly [string, string][] {
  const [ip, port, ...said] = line.split(" ");
  const why = said.join(" ");
  return ["", "open", "refused"].includes(why) ? [] : [[`${ip} ${port}`, why]];
}

function thinned(ways: readonly Crossing[]): readonly Crossing[] {
  const step = Math.ceil((2 * ways.length) / MOST);
  return step < 2 ? ways : ways.filter((_, index) => index % step === 0);
}
