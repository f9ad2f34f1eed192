import { expect, it } from "vitest";
import { Lines } from "../../src/cluster/logs/lines.ts";

it("a log that comes in pieces is shown line by line, with every character whole", () => {
  const text = "Loading model weights…\r\n100 % ✔\n\nno end yet…";
  const bytes = Buffer.from(text);
  for (let size = 1; size <= bytes.length; size += 1) {
    const lines = new Lines();
    const seen: string[] = [];
    for (let from = 0; from < bytes.length; from += size)
      seen.push(...lines.take({ generation: 2, from: 10 + from, bytes: bytes.subarray(from, from + size) }));
    expect([...seen, ...lines.rest()]).toEqual(["Loading model weights…\r", "100 % ✔", "", "no end yet…"]);
    expect([lines.generation, lines.at]).toEqual([2, 10 + bytes.length]);
    expect(lines.rest()).toEqual([]);
  }
});
