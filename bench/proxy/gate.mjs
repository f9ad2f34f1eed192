/** The proxy against the floor, in one run and by CPU time alone: for a test that has to hold on any machine, however busy. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { cpuMs } from "./cpu.mjs";
import { pdctlAt, peers } from "./peers.mjs";
import { openLoad, withProxy } from "./run.mjs";

const REQUESTS = 3_000;
const [STREAMS, EVENTS_EACH] = [50, 300];

export async function costs(proxy, rounds) {
  const folder = await mkdtemp(path.join(tmpdir(), "pdctl-gate-"));
  const floor = peers.find(({ name }) => name === "bare");
  const own = { name: "pdctl", command: pdctlAt(proxy) };
  try {
    const found = { request: [], event: [] };
    for (let turn = 0; turn < rounds; turn++) {
      const [mine, least] = [await cost(own, folder), await cost(floor, folder)];
      found.request.push(mine.request / least.request);
      found.event.push(mine.event / least.event);
    }
    return { request: Math.min(...found.request), event: Math.min(...found.event) }; // noise only adds
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function cost(peer, folder) {
  const load = await openLoad({ pins: false });
  const requests = (port, count) => load.order({ order: "flood", port, connections: 16, count, bytes: 1900 });
  try {
    return await withProxy({ peer, folder, load, pins: false }, async ({ port, pid }) => {
      await requests(port, REQUESTS);
      const [before, warm] = [cpuMs(pid), await requests(port, REQUESTS)];
      const request = warm && cpuMs(pid) - before;
      const marks = [];
      const { events } = await load.order({ order: "burst", port, count: STREAMS, each: EVENTS_EACH }, () =>
        marks.push(cpuMs(pid)),
      );
      return { request: request / REQUESTS, event: (marks[1] - marks[0]) / events };
    });
  } finally {
    load.close();
  }
}
