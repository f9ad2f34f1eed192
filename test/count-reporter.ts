import { writeSync } from "node:fs";
import type { Reporter, TestModule } from "vitest/node";

/**
 * Closes a run with `N passed, N failed` alone on its line, printed at exit so that nothing follows it. When a parent asks for the
 * figures on a descriptor of its own (PDCTL_TALLY_FD), they go there and the parent closes.
 */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]) {
    let [passed, failed, skipped] = [0, errors.length, 0];
    for (const module of modules) {
      const states = [...module.children.allTests()].map((test) => test.result().state);
      const broken = states.filter((state) => state === "failed").length;
      passed += states.filter((state) => state === "passed").length;
      skipped += states.filter((state) => state === "skipped" || state === "pending").length; // pending: its runner let it be
      failed += broken || (module.state() === "failed" ? 1 : 0); // a file that throws at import has no tests
    }
    const parent = process.env.PDCTL_TALLY_FD;
    if (parent !== undefined) writeSync(Number(parent), JSON.stringify({ passed, failed, skipped }));
    else
      process.on("exit", (code) => {
        const tail = skipped > 0 ? `, ${skipped} skipped` : "";
        process.stdout.write(`${passed} passed, ${failed || (code ? 1 : 0)} failed${tail}\n`);
      });
  }
}
