import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";
import { execa } from "execa";
import { beforeAll, describe, expect, it } from "vitest";
import type { Host } from "./host.ts";
import { hosts, type Lab } from "./lab.ts";
import { labDirectory } from "./spec.ts";

const tell = (port: number, says: string) =>
  `exec node -e 'require("net").createServer((s) => s.end("${says}")).listen(${port})'`;
const banner = /^SSH-2\.0/;

/** Waits for the socket, never for time. */
const listens = (host: Host, port: number) =>
  expect.poll(() => host.listeners().map((listener) => listener.port), { timeout: 5000, interval: 10 }).toContain(port);

/** The first bytes from there, or the error's code; `silence` when nothing comes. */
async function answerOf(ip: string, port = 22): Promise<string> {
  const socket = createConnection({ host: ip, port });
  try {
    const [bytes] = await once(socket, "data", { signal: AbortSignal.timeout(300) });
    return String(bytes).trim();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return "code" in error && typeof error.code === "string" && error.code !== "ABORT_ERR" ? error.code : "silence";
  } finally {
    socket.destroy();
  }
}

/** On a busy machine the first bytes may take their time. */
const speaks = (ip: string) => expect.poll(() => answerOf(ip), { interval: 10, timeout: 10_000 }).toMatch(banner);

const ssh = (...args: string[]) =>
  execa("ssh", ["-o", "BatchMode=yes", "-o", "ConnectTimeout=2", ...args], { reject: false, stdin: "ignore" });

describe("eight hosts", () => {
  let lab: Lab;
  const host = (name: string) => lab.host(name);
  beforeAll(async () => {
    lab = await hosts(
      [
        { name: "gb0", ip: "10.0.1.10", nic: "enP22p3s0f1np1", directories: ["/models/Qwen3-235B"] },
        { name: "gb1", ip: "10.0.1.11", nic: "enP22p3s0f1np1", node: false },
        { name: "a2-1", ip: "192.168.10.1", nic: "enp67s0f5", sshd: { port: 2222, allowTcpForwarding: false } },
        { name: "a2-2", ip: "192.168.10.2", nic: "enp67s0f5", authorized: ["ops"] },
        ...["mi0", "mi1", "mi2", "mi3"].map((name, index) => ({ name, ip: `10.0.3.1${index}` })),
      ],
      {
        shared: ["/mnt/test1"],
        directories: ["/data/hf"],
        borrowed: [import.meta.dirname],
        unknown: ["mi3"],
        sshConfig: "Host alias\n  HostName 10.0.1.10\n",
      },
    );
    process.stderr.write(`  8 hosts in ${Math.round(lab.bootMs)} ms\n`);
    return () => lab[Symbol.asyncDispose]();
  });

  it("is up in less than two seconds even on a busy machine", () => {
    expect(lab.bootMs).toBeLessThan(2000);
  });

  it("gives a host its own name, address, interface and process tree", async () => {
    const { stdout } = await host("gb0").exec(
      "hostname; ip -o -4 addr show dev enP22p3s0f1np1; ps -A -o pid=,comm= | head -2",
    );
    expect(stdout).toMatch(/^gb0\n.*10\.0\.1\.10\/24.*\n *1 tini\n *\d+ sshd\n$/);
    expect((await host("gb1").exec("hostname; cat /etc/hosts")).stdout).toMatch(/^gb1\n(.*\n)*192\.168\.10\.1 a2-1\n/);
  });

  it("lets the launcher log in as root and as ordinary users, by address and by name, and trust the key", async () => {
    expect((await ssh("10.0.1.10", "hostname; whoami; pwd")).stdout).toBe("gb0\nroot\n/root");
    expect((await ssh("ops@gb1", "hostname; whoami; touch ok; ls -l ok | cut -d' ' -f3")).stdout).toBe("gb1\nops\nops");
    expect((await ssh("ubuntu@192.168.10.1", "-p", "2222", "hostname; whoami; pwd")).stdout).toBe(
      "a2-1\nubuntu\n/home/ubuntu",
    );
    expect((await ssh("alias", "hostname")).stdout).toBe("gb0");
    await host("gb1").exec("rm /home/ops/ok");
  });

  it("refuses users that it does not authorize, and is a stranger where the launcher shall not know it", async () => {
    expect((await ssh("root@a2-2", "true")).stderr).toContain("Permission denied");
    expect((await ssh("ops@a2-2", "whoami")).stdout).toBe("ops");
    expect((await ssh("mi3", "true")).stderr).toContain("Host key verification failed");
  });

  it("routes between the networks, and nowhere else", async () => {
    const [from, to] = [host("mi0"), host("a2-2")];
    const pid = await to.spawn(tell(8000, "from another network"));
    await listens(to, 8000);
    expect((await from.exec("exec 3<>/dev/tcp/192.168.10.2/8000; cat <&3")).stdout).toBe("from another network");
    expect((await from.exec("timeout 0.2 bash -c 'exec 3<>/dev/tcp/1.1.1.1/80'")).code).not.toBe(0);
    expect((await execa("ip", ["route", "get", "1.1.1.1"], { reject: false })).stderr).toContain(
      "Network is unreachable",
    );
    to.kill(pid);
  });

  it("binds the same port on two hosts, and each address answers for its own host only", async () => {
    const pids = await Promise.all(["gb0", "mi1"].map((name) => host(name).spawn(tell(9000, name))));
    await Promise.all(["gb0", "mi1"].map((name) => listens(host(name), 9000)));
    expect(
      await Promise.all([answerOf("10.0.1.10", 9000), answerOf("10.0.3.11", 9000), answerOf("10.0.3.10", 9000)]),
    ).toEqual(["gb0", "mi1", "ECONNREFUSED"]);
    for (const [index, name] of ["gb0", "mi1"].entries()) host(name).kill(pids[index] ?? -1);
  });

  it("keeps files apart, but for the directories that are shared", async () => {
    const [one, two] = [host("gb0"), host("gb1")];
    for (const path of [
      "/root/x",
      "/tmp/x",
      "/var/tmp/x",
      "/dev/shm/x",
      "/run/x",
      "/usr/local/x",
      "/data/hf/x",
      "/mnt/test1/x",
    ])
      one.write(path, "of gb0");
    expect(two.read("/mnt/test1/x")).toBe("of gb0");
    for (const path of ["/root/x", "/tmp/x", "/var/tmp/x", "/dev/shm/x", "/run/x", "/usr/local/x", "/data/hf/x"]) {
      expect(() => two.read(path), path).toThrow("ENOENT");
      expect(existsSync(path), `${path} on this machine`).toBe(false);
    }
    expect(one.shm()).toEqual(["x"]);
    expect((await one.exec("ls -d /models/Qwen3-235B")).code).toBe(0);
    expect((await two.exec("ls -d /models/Qwen3-235B")).code).not.toBe(0);
    await one.exec("rm /root/x /tmp/x /var/tmp/x /dev/shm/x /run/x /usr/local/x /data/hf/x /mnt/test1/x");
    expect(lab.leftovers()).toEqual([]);
  });

  it("has Node in the path, or has not", async () => {
    expect((await host("gb0").exec("node -p 6*7")).stdout).toBe("42\n");
    expect((await ssh("10.0.1.11", "command -v node")).exitCode).toBe(1);
  });

  it("shows what it borrows of this machine at the same path, and lets nobody write there", async () => {
    const { code, stdout, stderr } = await host("mi2").exec(
      `cat ${import.meta.dirname}/lab.sh; touch ${import.meta.dirname}/x`,
    );
    expect(stdout).toBe(readFileSync(join(import.meta.dirname, "lab.sh"), "utf8"));
    expect([code, stderr]).toEqual([1, expect.stringContaining("Read-only file system")]);
    expect(existsSync(join(import.meta.dirname, "x"))).toBe(false);
  });

  it("names everything that stays after pdctl: files, ports, shared memory, marked and orphaned processes", async () => {
    const node = host("mi2");
    const env = { PDCTL_RUN: "demo/1/prefill-0-0" };
    const pid = await node.spawn(tell(7100, "x"), { env });
    await listens(node, 7100);
    await node.exec(
      "setsid sleep 1000 >/dev/null 2>&1 </dev/null & mkdir -p ~/.pdctl/demo; touch ~/.pdctl/demo/state.json /dev/shm/psm_1 /srv/left",
    );
    const orphan = () => node.processes().find(({ argv }) => argv[0] === "sleep")?.pid;
    await expect.poll(orphan, { interval: 10 }).toBeDefined(); // bash forks first
    expect(node.leftovers()).toEqual([
      expect.stringMatching(`^process ${pid} demo/1/prefill-0-0 node -e`),
      `process ${orphan()} - sleep 1000`,
      "port :::7100",
      "file /dev/shm/psm_1",
      "file /root/.pdctl",
      "file /srv/left",
    ]);
    for (const each of [pid, orphan() ?? -1]) node.kill(each);
    await node.exec("rm -r ~/.pdctl /dev/shm/psm_1 /srv/left");
    await expect.poll(() => node.leftovers(), { interval: 10 }).toEqual([]);
  });

  it("crashes with all its processes, silently, and nobody else's; boots again on the same files with another boot id", async () => {
    const [node, other] = [host("gb0"), host("gb1")];
    const before = node.bootId;
    expect((await ssh("gb0", "cat /proc/sys/kernel/random/boot_id")).stdout).toBe(before);
    await node.spawn("setsid setsid sleep 1000 & exec sleep 1001");
    const alive = await other.spawn("exec sleep 1002");
    node.write("/root/kept", "text");
    node.write("/dev/shm/lost", "text");
    const inside = node.processes().map(({ outside }) => outside);
    await node.crash();
    expect(inside.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);
    expect(other.processes().some(({ pid }) => pid === alive)).toBe(true);
    expect(await answerOf("10.0.1.10")).toMatch(/^(silence|EHOSTUNREACH)$/);
    await node.start();
    expect((await ssh("gb0", "cat kept /proc/sys/kernel/random/boot_id")).stdout).toBe(`text${node.bootId}`);
    expect(node.bootId).not.toBe(before);
    expect(node.leftovers()).toEqual(["file /root/kept"]);
    await node.exec("rm /root/kept");
    other.kill(alive);
  });

  it("freezes: accepts connections and says nothing, until it thaws", async () => {
    {
      await using _ = await host("mi1").freeze();
      expect(await answerOf("10.0.3.11")).toBe("silence");
    }
    await speaks("10.0.3.11");
  });

  it("falls silent when its link is cut, and comes back", async () => {
    {
      await using _ = await host("mi1").cutLink();
      expect(await answerOf("10.0.3.11")).toMatch(/^(silence|EHOSTUNREACH)$/);
    }
    await speaks("10.0.3.11");
  });

  it("drops what another host sends, one port or all, and lets the rest through", async () => {
    const [node, blocked] = [host("mi0"), host("mi1")];
    const dial = (from: Host, seconds = 10) =>
      from.exec(`timeout ${seconds} bash -c 'exec 3<>/dev/tcp/10.0.3.10/22 && head -c 4 <&3'`);
    {
      await using _ = await node.block({ from: blocked });
      expect((await dial(blocked, 0.3)).code).toBe(124);
      expect((await dial(host("mi2"))).stdout).toBe("SSH-");
      await speaks("10.0.3.10");
    }
    {
      await using _ = await node.block({ from: "launcher", port: 22, by: "reset" });
      expect(await answerOf("10.0.3.10")).toBe("ECONNREFUSED");
      expect((await dial(blocked)).stdout).toBe("SSH-");
    }
    expect((await dial(blocked)).stdout).toBe("SSH-");
    await speaks("10.0.3.10");
  });

  it("resets the connections that are there, on both ends, and takes new ones", async () => {
    const pid = await host("mi0").spawn("exec node -e 'require(\"net\").createServer(() => undefined).listen(7200)'");
    await listens(host("mi0"), 7200);
    const socket = createConnection({ host: "10.0.3.10", port: 7200 });
    await once(socket, "connect");
    const lost = once(socket, "error");
    await host("mi0").reset(7200);
    expect(await lost).toEqual([expect.objectContaining({ code: "ECONNRESET" })]);
    await expect
      .poll(() =>
        host("mi0")
          .processes()
          .map((one) => one.pid),
      )
      .not.toContain(pid); // it died of ECONNABORTED
    await speaks("10.0.3.10");
  });

  it("shows another host key when told to", async () => {
    host("a2-2").changeHostKey();
    expect((await ssh("ops@a2-2", "true")).stderr).toContain("REMOTE HOST IDENTIFICATION HAS CHANGED");
  });

  it("refuses forwarding where sshd shall", async () => {
    const { stderr } = await ssh("-p", "2222", "-W", "127.0.0.1:2222", "a2-1");
    expect(stderr).toContain("administratively prohibited");
    expect((await ssh("-W", "10.0.3.11:22", "10.0.3.10")).stdout).toMatch(banner);
  });
});

describe("a lab that is disposed", () => {
  it("leaves no process, network, mount or file, and the next one may have the same addresses", async () => {
    const processes = () => readdirSync("/proc").filter((name) => /^\d+$/.test(name)).length;
    const before = processes();
    for (const name of ["first", "second"]) {
      await using lab = await hosts([{ name, ip: "10.0.1.10" }]);
      await lab.host(name).spawn("setsid sleep 1000 & exec sleep 1001");
      await speaks("10.0.1.10");
      await expect(hosts([{ name: "third", ip: "10.0.1.11" }])).rejects.toThrow("has a lab already");
    }
    await expect.poll(processes, { interval: 10 }).toBe(before);
    expect(existsSync(labDirectory)).toBe(false);
    expect((await execa("ip", ["netns", "list"])).stdout).toBe("");
    expect((await execa("ip", ["-br", "link"])).stdout.split("\n")).toHaveLength(1);
    expect((await execa("mount")).stdout).not.toContain(labDirectory);
  });
});
