#!/usr/bin/env node
// Only syntax that an old Node can read, so that it can say what it needs instead of a SyntaxError.
var parts = process.versions.node.split(".").map(Number);
var ok = parts[0] > 20 || (parts[0] === 20 && (parts[1] > 18 || (parts[1] === 18 && parts[2] >= 1)));
if (!ok) {
  process.stderr.write("pdctl needs Node 20.18.1 or newer; this is " + process.versions.node + "\n");
  process.exitCode = 2;
} else {
  import("../dist/cli.js").then(
    function (cli) {
      return cli.main(process.argv);
    },
    function (error) {
      if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
      process.stderr.write("pdctl is not built yet: npm install && npm run build\n");
      process.exitCode = 70;
    },
  );
}
