import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { startSshd } from "../nodes/sshd.ts";
import { run } from "./run-pdctl.ts";

const topology = join(import.meta.dirname, "../../topologies/local.yaml");
const base = 26_000 + (process.pid % 300) * 20; // below the range that the kernel draws from
const sets = [
  "name=checked",
  `proxy.port=${base}`,
  `prefill.port=${base + 1}`,
  `decode.port=${base + 5}`,
  `kv.transfer.side_channel_port=${base + 10}`,
].flatMap((set) => ["--set", set]);

it("check says who holds a port, changes nothing, and passes when it is free", async () => {
  const home = await mkdtemp(join(tmpdir(), "pdctl-check-"));
  const holder = createServer().listen(base + 1, "127.0.0.1");
  await once(holder, "listening");
  const held = await run(["check", topology, ...sets], { cwd: home });
  expect(held.exit, held.lines.join("\n")).toBe(8);
  expect(held.out).toMatch(new RegExp(`^✖ ports +N12 +here +port ${base + 1} .*is held by .*pid ${process.pid}`, "m"));
  expect(held.out).toMatch(/^✔ clock +C12 +here +within \d+ms$/m);
  expect(held.out).toMatch(/^✖ check: 1 error.*passed on 1 node · /m);
  expect(held.out).toContain("pdctl explain N12");
  holder.close();
  await once(holder, "close");
  const free = await run(["check", topology, ...sets, "--ndjson"], { cwd: home });
  expect(free.exit, free.out).toBe(0);
  const events = free.out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(events.at(-1)).toMatchObject({ type: "result", data: { verb: "check", exit: 0 } });
  expect(events).toContainEqual(expect.objectContaining({ type: "finding", level: "info", code: "N12" }));
  await rm(home, { recursive: true });
});

it("check says whose ssh it logs in with, and why, where that is not its own", async () => {
  const home = await mkdtemp(join(tmpdir(), "pdctl-check-"));
  await using sshd = await startSshd();
  const login = `port: ${sshd.port}, identity_file: ${sshd.key}, host_keys: ["${sshd.hostKey}"]`;
  const node = `{ name: here, host: 127.0.0.1, hardware: cpu, devices: 4, ssh: { ${login} } }`;
  await writeFile(join(home, "far.yaml"), `version: 1\nextends: ${topology}\nnodes:\n  - ${node}\n`);
  const logins = async (...more: string[]) => {
    const { out, err } = await run(["check", "far.yaml", ...sets, ...more, "--ndjson"], { cwd: home });
    const events = out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(events.at(-1), out + err).toMatchObject({ type: "result", data: { verb: "check" } });
    return events.flatMap(({ data }) => (data.check === "login" ? [data.title] : []));
  };
  const own = await logins();
  expect(own).toHaveLength(1);
  const reason = "by the system's ssh: the topology says so";
  expect(await logins("--set", "ssh.transport=openssh")).toEqual([...own, reason]);
  await rm(home, { recursive: true });
});
