import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { SshConfig } from "../../src/nodes/config/ask.ts";
import type { Target } from "../../src/nodes/ssh-config.ts";

const never = new AbortController().signal;
let dir = "";
const file = (name: string) => join(dir, name);

/** An `ssh` that writes down that it was asked, and asks the real one. */
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "pdctl-config-"));
  mkdirSync(file("bin"));
  const path = process.env["PATH"] ?? "";
  writeFileSync(file("bin/ssh"), `#!/bin/sh\necho >>${file("asked")}\nPATH='${path}' exec ssh "$@"\n`);
  chmodSync(file("bin/ssh"), 0o755);
  vi.stubEnv("PATH", `${file("bin")}:${path}`);
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(dir, { recursive: true });
});

const asked = () => (existsSync(file("asked")) ? readFileSync(file("asked"), "utf8").length : 0);
const names = ["n001", "n002", "n003", "Other", "10.0.0.7", "gate", "fe80::1", "plain"];

/** How often ssh is asked for all these at once; what comes out must be what it says of each alone. */
async function processesFor(lines: readonly string[], targets: readonly Target[] = names.map((host) => ({ host }))) {
  writeFileSync(file("config"), lines.join("\n"));
  const setup = { configFile: file("config"), agentSocket: null };
  const together = new SshConfig(setup);
  const got = await Promise.all(targets.map((target) => together.resolve("n", target, never)));
  const many = asked();
  expect(got).toEqual(
    await Promise.all(targets.map((target) => new SshConfig(setup).resolve("n", target, never))), // a new one asks for itself
  );
  return many;
}

it("a hundred hosts of which ssh_config says nothing else cost one ssh, not a hundred", async () => {
  const hundred = Array.from({ length: 100 }, (_, at) => ({ host: `10.0.0.${at}` }));
  expect(await processesFor(["Host *", " User li", " ProxyCommand nc %h %p", " ControlPath ~/c-%C"], hundred)).toBe(1);
});

it("hosts that only go to addresses of their own share the answer on everything else", async () => {
  const own = names.slice(0, 3).flatMap((name, at) => [`Host ${name}`, ` HostName 10.0.0.${at}`]);
  expect(await processesFor([...own, "Host n* !n002", " HostName x-%h", "Host *", " IdentityFile ~/.ssh/%n"])).toBe(2); // `Other` is asked for alone
});

it("what counts for one host and not for the other is never mixed up", async () => {
  mkdirSync(file("more"));
  writeFileSync(file("more/a.conf"), "Host n001 10.*\n Port 2201\nMatch all\nHashKnownHosts yes\n");
  writeFileSync(file("more/b.conf"), "Host n002\n User inner\n");
  const lines = [
    "Host n001",
    "User first",
    "Host n00? !n003",
    `Include ${file("more")}/*.conf`,
    "Host=gate",
    "ProxyJump n001",
  ];
  expect(await processesFor([...lines, "Host *", "Port=2200", "User last"])).toBeGreaterThan(2);
});

it.each([
  ["Match exec", ['Match exec "test %n = n001"', " Port 2201"]],
  ["Match host", ["Host n001", " HostName far", "Match host far", " User there"]],
  ["a token that ssh itself expands", ["Host *", " UserKnownHostsFile ~/known_%h"]],
  ["a quoted pattern", ['Host "n001"', " Port 2201"]],
  ["an Include with a variable", [`Include \${HOME}/absent`, "Host n001", " Port 2201"]],
])("%s is left to ssh, for every host", async (_, lines) => {
  expect(await processesFor(lines)).toBeGreaterThanOrEqual(names.length);
});

it("a line that ssh refuses is told for every host", async () => {
  writeFileSync(file("config"), "Host *\n Prot 22\n");
  const config = new SshConfig({ configFile: file("config") });
  for (const host of ["n001", "n002"])
    await expect(config.resolve("n0", { host }, never)).rejects.toMatchObject({
      code: "node.unreachable",
      facts: { node: "n0", address: host, why: expect.stringContaining("terminating, 1 bad configuration options") },
    });
});
