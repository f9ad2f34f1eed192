import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { logTo } from "../../../src/proxy/books/log.ts";
import { type RunningProxy, startProxy } from "../../../src/proxy/server.ts";
import { resources } from "../accounts.ts";
import { nothingLeft } from "../invariants.ts";
import { Bench } from "./bench.ts";
import { failureCases } from "./failure-cases.ts";
import { pathCases } from "./path-cases.ts";
import { requestCases } from "./request-cases.ts";
import { cellText } from "./table.ts";

const bench = new Bench();
const before = resources();
let proxy: RunningProxy;

beforeAll(async () => {
  await bench.start();
  proxy = await startProxy(
    {
      ...{
        bind: "127.0.0.1",
        port: 0,
        family: "relay",
        max_concurrent: 100,
        kv_hold_seconds: 480,
        length_capped: true,
      },
      ...{ prefill_policy: "least_loaded", decode_policy: "least_loaded" },
      targets: [
        { url: bench.engines.prefill.url, role: "prefill", slots: 1 },
        { url: bench.engines.decode.url, role: "decode", slots: 1 },
      ],
    },
    { log: logTo(() => undefined) },
  );
  bench.port = proxy.port;
  while ((await bench.ask({ method: "GET", path: "/health" }))?.status !== 200);
});

afterAll(async () => {
  await proxy.close(0);
  await bench.stop();
  await nothingLeft(before);
});

/** The cells of pdctl's column, by the name of their row. */
const written = new Map(
  readFileSync(new URL("../../../docs/proxy-comparison.md", import.meta.url), "utf8")
    .split("\n")
    .map((line) => line.split(" | ").map((cell) => cell.replace(/^\| /, "")))
    .map(([what = "", own = ""]) => [what, own]),
);

it.each([...requestCases, ...pathCases, ...failureCases])(
  "the comparison says what the proxy does: $what",
  async (each) => {
    const cell = await each.run(bench);
    expect(cell.grade, cell.says).not.toBe("bad");
    expect(cellText(cell)).toBe(written.get(each.what));
  },
);
