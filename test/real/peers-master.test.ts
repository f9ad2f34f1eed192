import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { freePorts } from "../sim/engines.ts";
import { observe } from "../sim/master-cases.ts";
import { said } from "./hosts.ts";
import { lacks, onReferenceHosts, places } from "./peers.ts";
import { titled } from "./place.ts";

const lacking = lacks("mooncake");
const venv = `kv.transfer.master.venv=${places.mooncake}`;
const client = readFileSync(join(import.meta.dirname, "store-client.py"), "utf8");
const store = (verb: string, host: string) =>
  `${places.mooncake}/bin/python /tmp/store-client.py ${verb} 192.168.10.1:50088 ${host} kv-block 1000000`;

it.skipIf(lacking !== undefined)(
  titled(
    "the real mooncake_master is up before the engines, counts what clients put, is missed when it dies, and is gone",
    lacking,
  ),
  async () => {
    await using peered = await onReferenceHosts("ascend-dense-mooncake", [venv], [places.mooncake]);
    const [first, second] = [peered.lab.host("a2-1"), peered.lab.host("a2-2")];
    const up = await peered.pdctl("up", "--require-evidence");
    expect(up.code, said(up)).toBe(0);
    expect(first.listeners().map(({ port }) => port)).toEqual(expect.arrayContaining([50088, 9003]));
    const log = await first.exec("cat /root/.pdctl/*/*/runs/*/mooncake-master/log");
    for (const taken of [
      "port 50088,",
      "metrics_port=9003",
      "default_kv_lease_ttl=11000",
      "eviction_ratio=0.1",
      "eviction_high_watermark_ratio=0.9",
    ])
      expect(log.stdout).toContain(taken);

    for (const host of [first, second]) host.write("/tmp/store-client.py", client);
    const holder = await first.spawn(`exec ${store("hold", first.ip)} > /tmp/holder.log 2>&1`);
    await expect
      .poll(() => first.exec("cat /tmp/holder.log").then(({ stdout }) => stdout), { timeout: 20_000 })
      .toContain("held");
    const read = await second.exec(store("read", second.ip));
    expect(read.stdout, read.stderr).toMatch(/equal 1000000 bytes in \d+/); // from the memory of one machine to the other

    const wide = await peered.pdctl("status", "--wide");
    expect(wide.code, said(wide)).toBe(0);
    expect(wide.stdout).toMatch(
      /mooncake-master +ready .* clients \d · keys 1 · allocated 977 KiB · capacity 64.0 MiB/,
    );
    const document = JSON.parse((await peered.pdctl("status", "--json")).stdout);
    expect(JSON.stringify(document)).toContain('{"name":"allocated","value":1000000,"unit":"bytes"}');
    first.kill(holder);
    process.stderr.write(
      `  mooncake_master: up in ${(up.ms / 1000).toFixed(1)}s; get of another machine: ${read.stdout.trim()}\n`,
    );

    const master = first.processes().find(({ argv }) => argv[0]?.endsWith("mooncake_master"));
    first.kill(master?.pid ?? 0);
    const status = await peered.pdctl("status");
    expect(status.code).toBe(5);
    expect(status.stdout).toMatch(/✖ mooncake-master +died .*something sent it SIGKILL/);
    for (const host of [first, second]) await host.exec("rm -f /tmp/store-client.py /tmp/holder.log");
    const down = await peered.pdctl("down", "--discard-logs");
    expect(down.code, said(down)).toBe(0);
    expect(peered.leftovers()).toEqual([]);
  },
  240_000,
);

it.skipIf(lacking !== undefined)(
  titled(
    "a master whose rpc port somebody took says nothing and ends after its health was good: up sees it end",
    lacking,
  ),
  async () => {
    await using peered = await onReferenceHosts(
      "ascend-dense-mooncake",
      [venv, "preflight.skip=[N12]"],
      [places.mooncake],
    );
    const first = peered.lab.host("a2-1");
    const thief = await first.spawn("exec node -e 'require(\"net\").createServer().listen(50088)'");
    await expect.poll(() => first.listeners().map(({ port }) => port)).toContain(50088);
    const up = await peered.pdctl("up");
    expect(up.code, said(up)).toBe(1);
    expect(said(up)).toMatch(/mooncake-master died .*exit code 1/);
    first.kill(thief);
    const down = await peered.pdctl("down", "--discard-logs");
    expect(down.code, said(down)).toBe(0);
  },
  240_000,
);

it.skipIf(lacking !== undefined)(
  titled("the real mooncake_master still does what its stand-in was held to", lacking),
  async () => {
    const recorded = new URL("../sim/mooncake-master.recorded.json", import.meta.url);
    const seen = await observe([`${places.mooncake}/bin/mooncake_master`], () => freePorts(1));
    if (process.env.PDCTL_RECORD !== undefined) writeFileSync(recorded, `${JSON.stringify(seen, null, 2)}\n`);
    expect(seen).toEqual(JSON.parse(readFileSync(recorded, "utf8")));
  },
  120_000,
);
