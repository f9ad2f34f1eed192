import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { expect, it } from "vitest";
import { Exporter } from "../../../src/proxy/trace/exporter.ts";
import type { Span } from "../../../src/proxy/trace/span.ts";

const span: Span = {
  ...{ traceId: "a".repeat(32), spanId: "b".repeat(16), parentId: undefined, name: "n", kind: "server" },
  ...{ startMs: 1_700_000_000_000.5, endMs: 1_700_000_000_001, attributes: { whole: 3, part: 0.5, none: undefined } },
  error: undefined,
};

it("a collector that takes its time costs a bounded number of spans; what does not fit is counted and gone", async () => {
  const waiting: ServerResponse[] = [];
  const bodies: string[] = [];
  const server = createServer((req, res) => {
    let body = "";
    req.on("data", (chunk) => {
      body += String(chunk);
    });
    req.on("end", () => {
      bodies.push(body);
      waiting.push(res);
      server.emit("asked");
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const counts = { exported: 0, failed: 0, dropped: 0 };
  const exporter = new Exporter({
    url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}/v1/traces`,
    ...{ headers: {}, service: "s", closingMs: 15_000, onFailure: () => undefined },
    onSpans: (result, count) => {
      counts[result] += count;
    },
  });
  const asked = once(server, "asked");
  for (let count = 0; count < 512 + 4096 + 7; count++) exporter.add(span);
  await asked;
  expect(counts).toEqual({ exported: 0, failed: 0, dropped: 7 });
  server.on("asked", () => waiting.shift()?.end());
  waiting.shift()?.end();
  await exporter.close();
  expect(counts).toEqual({ exported: 512 + 4096, failed: 0, dropped: 7 });
  server.close();
  expect(bodies).toHaveLength(9);
  const [sent] = JSON.parse(bodies[0] ?? "").resourceSpans[0].scopeSpans[0].spans;
  expect(sent).toEqual({
    ...{ traceId: span.traceId, spanId: span.spanId, name: "n", kind: 2 },
    ...{ startTimeUnixNano: "1700000000000500000", endTimeUnixNano: "1700000000001000000" },
    attributes: [
      { key: "whole", value: { intValue: "3" } },
      { key: "part", value: { doubleValue: 0.5 } },
    ],
  });
});

it("nobody who listens costs every span and no time", async () => {
  const counts = { exported: 0, failed: 0, dropped: 0 };
  const said: string[] = [];
  const exporter = new Exporter({
    ...{ url: "http://127.0.0.1:9/v1/traces", headers: {}, service: "s", onFailure: (why) => said.push(why) },
    onSpans: (result, count) => {
      counts[result] += count;
    },
  });
  for (let count = 0; count < 600; count++) exporter.add(span);
  await exporter.close();
  expect(counts.failed + counts.dropped).toBe(600);
  expect([counts.exported, said]).toEqual([0, [expect.stringContaining("ECONNREFUSED")]]);
});
