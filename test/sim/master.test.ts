import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { engines, freePorts } from "./engines.ts";
import { type Observed, observe } from "./master-cases.ts";

// What mooncake_master 0.3.13.post1 did: `PDCTL_RECORD=1 npm run test:real -- master` writes it again.
const real = JSON.parse(readFileSync(new URL("mooncake-master.recorded.json", import.meta.url), "utf8")) as Observed;
const { directory } = engines();
let standIn: Observed;

describe("a rehearsal's master does what the real one was seen to do", () => {
  beforeAll(async () => {
    standIn = await observe([process.execPath, join(directory, "sim.mjs"), "mooncake_master"], () => freePorts(1));
  }, 60_000);

  it.each(Object.keys(real.refusals))("refuses %s in the same words", (words) => {
    expect(standIn.refusals[words]).toEqual(real.refusals[words]);
  });
  it.each(Object.keys(real.pages))("%s answers the same", (page) => {
    expect(standIn.pages[page]).toEqual(real.pages[page]);
  });
  it("has the same names on its metrics page", () => {
    expect(standIn.metrics).toEqual(real.metrics);
  });
  it("says that it started, and ends without an error line, when its rpc port is taken", () => {
    expect(standIn.rpcPortTaken).toEqual(real.rpcPortTaken);
  });
  it("ends alike on a signal", () => {
    expect(standIn.ended).toEqual(real.ended);
  });
});
