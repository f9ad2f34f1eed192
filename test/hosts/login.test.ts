import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { hosts } from "./lab.ts";
import { launcher } from "./launcher.ts";
import { topology, two } from "./one-p-one-d.ts";
import { pdctl } from "./pdctl.ts";

const said = ({ stdout, stderr }: { stdout: string; stderr: string }) => stdout + stderr;

/** Every kind of closed door is its own message, exit 4, and nothing was started anywhere. */
describe("doors that do not open", () => {
  it("a key that one node does not know names the node, the user and what was offered", async () => {
    await using lab = await hosts([
      { name: "n0", ip: "10.0.5.10" },
      { name: "n1", ip: "10.0.5.11", authorized: ["ops"] },
    ]);
    const up = await pdctl(["up", topology("door")]);
    expect(up.code).toBe(4);
    expect(said(up)).toMatch(/login refused on n1/);
    expect(said(up)).toMatch(/1 of 2 nodes/);
    expect(said(up)).toMatch(/nothing was started/);
    expect(lab.leftovers()).toEqual([]);
  });

  it("an unknown host key is not trusted, and the line to run is shown; accept-new takes it", async () => {
    await using lab = await hosts(two, { unknown: ["n1"] });
    const up = await pdctl(["up", topology("door")]);
    expect(up.code).toBe(4);
    expect(said(up)).toMatch(/host key of n1 is not known/);
    expect(said(up)).toMatch(/do +pdctl trust/);
    const trusting = topology("door", { ssh: "{ host_keys: accept-new }" });
    expect((await pdctl(["up", trusting])).code).toBe(0);
    expect((await pdctl(["down", trusting])).code).toBe(0);
    expect(lab.leftovers()).toEqual([]);
  });

  it("a changed host key is never accepted, not even with accept-new, and says which line of which file disagrees", async () => {
    await using lab = await hosts(two);
    await lab.host("n1").changeHostKey();
    const up = await pdctl(["up", topology("door", { ssh: "{ host_keys: accept-new }" })]);
    expect(up.code).toBe(4);
    expect(said(up)).toMatch(/host key of n1 has changed/);
    expect(said(up)).toMatch(/known_hosts:\d+/);
    expect(said(up)).toMatch(/ssh-keygen -R 10\.0\.5\.11/);
  });

  it("a node that is down is unreachable within the connect time", async () => {
    await using lab = await hosts(two);
    await lab.host("n1").crash();
    const up = await pdctl(["up", topology("door", { ssh: "{ connect_timeout: 2s }" })]);
    expect(up.code).toBe(4);
    expect(said(up)).toMatch(/n1/);
    expect(up.ms).toBeLessThan(8_000);
  });

  it("a node that accepts TCP and never speaks is silent, not a hang", async () => {
    await using _lab = await hosts([{ name: "n0", ip: "10.0.5.10" }]);
    const callers = new Set<Socket>();
    const mute = createServer((caller) => callers.add(caller)).listen(2299, "0.0.0.0");
    await once(mute, "listening");
    const file = topology("door", {
      hosts: [
        { name: "n0", ip: "10.0.5.10" },
        { name: "n1", ip: "10.0.5.254" },
      ],
      ssh: "{ connect_timeout: 2s }",
    });
    writeFileSync(join(launcher.ssh, "config"), "Host 10.0.5.254\n  Port 2299\n");
    const up = await pdctl(["up", file]);
    expect(up.code).toBe(4);
    expect(said(up)).toMatch(/n1/);
    expect(up.ms).toBeLessThan(8_000);
    for (const caller of callers) caller.destroy();
    await promisify(mute.close.bind(mute))();
  });

  it("sixteen nodes behind one bastion with sshd's own limits all come in", async () => {
    const behind = Array.from({ length: 16 }, (_, index) => ({ name: `w${index}`, ip: `10.0.6.${10 + index}` }));
    await using lab = await hosts([{ name: "bastion", ip: "10.0.5.1", sshd: { maxStartups: "10:30:100" } }, ...behind]);
    const file = topology("jump", { hosts: behind, ssh: "{ jump: root@10.0.5.1 }" });
    const up = await pdctl(["up", file]);
    expect(up.code, said(up)).toBe(0);
    const down = await pdctl(["down", file]);
    expect(down.code, said(down)).toBe(0);
    expect(lab.leftovers()).toEqual([]);
  });
});
