import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { build } from "esbuild";
import { expect, it } from "vitest";
import { costs } from "../../bench/proxy/gate.mjs";

/** Measured 2.5 and 1.1 (docs/performance.md has the bench); beyond these, something in the way of every request or event has become another one. */
const REQUEST_MOST = 5;
const EVENT_MOST = 3;

it.skipIf(process.platform !== "linux")(
  "a request and an event cost not many times what two bare legs do",
  { timeout: 120_000 },
  async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "pdctl-cost-"));
    try {
      const outfile = path.join(folder, "proxy.mjs");
      const banner = `import { createRequire } from "node:module"; const require = createRequire(import.meta.url);`;
      await build({
        ...{ entryPoints: ["src/proxy/entry.ts"], outfile, bundle: true, platform: "node", format: "esm" },
        banner: { js: banner },
      });
      const { request, event } = await costs(outfile, 2);
      expect(request).toBeLessThan(REQUEST_MOST);
      expect(event).toBeLessThan(EVENT_MOST);
    } finally {
      await rm(folder, { recursive: true });
    }
  },
);
