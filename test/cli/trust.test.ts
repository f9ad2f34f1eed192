import { readFileSync, writeFileSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { keygen, type Sshd, startSshd } from "../nodes/sshd.ts";
import { run } from "./run-pdctl.ts";
import { Terminal } from "./terminal.ts";

let bastion: Sshd;
let nodes: readonly [Sshd, Sshd];
let home: string;
beforeAll(async () => {
  bastion = await startSshd();
  nodes = [await startSshd(), await startSshd()];
});
afterAll(() => Promise.all([bastion, ...nodes].map((sshd) => sshd[Symbol.asyncDispose]())));

const known = () => join(home, "known_hosts");
/** A home with a topology whose nodes are these servers; with nothing known. */
async function atHome(jump: boolean): Promise<AsyncDisposable> {
  home = await mkdtemp(join(tmpdir(), "pdctl-trust-"));
  await mkdir(join(home, "bin"));
  const lines = [
    ...["Host *", `  UserKnownHostsFile ${known()}`, "  GlobalKnownHostsFile none", "  HashKnownHosts no"],
    ...["Host bastion", "  HostName 127.0.0.1", `  Port ${bastion.port}`, `  IdentityFile ${bastion.key}`],
  ];
  writeFileSync(join(home, "config"), `${lines.join("\n")}\n`);
  // ssh reads its configuration from the user's real home; this one reads ours.
  writeFileSync(join(home, "bin/ssh"), `#!/bin/sh\nexec /usr/bin/ssh -F ${join(home, "config")} "$@"\n`, {
    mode: 0o755,
  });
  const node = ({ port }: Sshd, index: number) =>
    `  - { name: n${index}, host: 127.0.0.1, ip: 10.0.0.${index + 1}, nic: eth0, hardware: cuda, devices: 1, ssh: { port: ${port}${jump ? ", jump: bastion" : ""} } }`;
  writeFileSync(
    join(home, "cluster.yaml"),
    [
      "name: trusted",
      "model: Qwen/Qwen3-0.6B",
      "nodes:",
      ...nodes.map(node),
      "kv: { transfer: { connector: nixl } }",
      "prefill: { nodes: n0 }",
      "decode: { nodes: n1 }",
      "proxy: { node: n0 }",
      "",
    ].join("\n"),
  );
  return { [Symbol.asyncDispose]: () => rm(home, { recursive: true, force: true }) };
}
const env = () => ({ HOME: home, PATH: `${join(home, "bin")}:${process.env.PATH ?? ""}` });
const asked = () => new Terminal(["trust"], { columns: 130, cwd: home, env: env() });
const line = ({ port, hostKey }: Sshd) => `[127.0.0.1]:${port} ${hostKey}`;

describe("pdctl trust", () => {
  it("shows all keys in one table, writes them after one yes, and has nothing to ask afterwards", async () => {
    await using _ = await atHome(false);
    const terminal = asked();
    await terminal.until(/Write 2 host keys into known_hosts\? \[y\/N\]/);
    const shown = await terminal.text();
    expect(shown.filter((row) => /^· +n[01] .* unknown$/.test(row))).toHaveLength(2);
    terminal.type("y\r");
    expect((await terminal.exited).exitCode).toBe(0);
    expect(readFileSync(known(), "utf8").trim().split("\n")).toEqual(nodes.map(line));
    const again = await run(["trust"], { cwd: home, env: env() });
    expect([again.exit, again.out]).toEqual([0, expect.stringMatching(/✔ +n0 .* known\n✔ +n1 .* known\n$/)]);
  });

  it("writes nothing without a yes, and none can be given off a terminal", async () => {
    await using _ = await atHome(false);
    const terminal = asked();
    await terminal.until(/\[y\/N\]/);
    terminal.type("n\r");
    expect((await terminal.exited).exitCode).toBe(4);
    const piped = await run(["trust", "cluster.yaml", "n1"], { cwd: home, env: env() });
    expect([piped.exit, piped.err]).toEqual([4, expect.stringContaining("nothing was written")]);
    expect(piped.out).not.toMatch(/ n0 /);
    expect(() => readFileSync(known())).toThrow(/ENOENT/);
  });

  it("shows the bastion first, and what is behind it after that", async () => {
    await using _ = await atHome(true);
    const terminal = asked();
    await terminal.until(/Write 1 host key into/);
    expect(await terminal.text()).toContainEqual(expect.stringMatching(/^· +bastion \(bastion\)/));
    terminal.type("y\r");
    await terminal.until(/Write 2 host keys into/);
    terminal.type("yes\r");
    expect((await terminal.exited).exitCode).toBe(0);
    expect(readFileSync(known(), "utf8").trim().split("\n")).toHaveLength(3);
  });

  it("never takes a changed key by a yes", async () => {
    await using _ = await atHome(false);
    await keygen(join(home, "other"), "other");
    const [type = "", key = ""] = readFileSync(join(home, "other.pub"), "utf8").split(" ");
    writeFileSync(known(), `${line(nodes[0])}\n[127.0.0.1]:${nodes[1].port} ${type} ${key}\n`);
    const before = readFileSync(known(), "utf8");
    const { exit, out, err } = await run(["trust"], { cwd: home, env: env() });
    expect(exit).toBe(4);
    expect(out).toMatch(/^✖ +n1 .* known: SHA256:\S+ \(.*known_hosts:2\)$/m);
    expect(err).toMatch(/n1: another key than the known one/);
    expect(readFileSync(known(), "utf8")).toBe(before);
  });

  it("names a node that there is not", async () => {
    await using _ = await atHome(false);
    const { exit, err } = await run(["trust", "n7"], { cwd: home, env: env() });
    expect([exit, err]).toEqual([2, expect.stringContaining("no node is called n7")]);
  });
});
