import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Plan } from "../../src/plan/plan.ts";
import type { Host } from "./host.ts";
import { hosts } from "./lab.ts";
import { launcher } from "./launcher.ts";
import { engines, topology, two } from "./one-p-one-d.ts";
import { pdctl, start } from "./pdctl.ts";

const said = ({ stdout, stderr }: { stdout: string; stderr: string }) => stdout + stderr;
const running = (host: Host, service: string) =>
  host
    .processes()
    .find(({ mark, argv }) => mark?.endsWith(`/${service}`) === true && argv[0]?.endsWith("node") === true);

/** What pdctl promises (docs/architecture.md), as far as a look at the hosts can tell. */
describe("the promises", () => {
  it("what you read is what runs: arguments and environment are the plan's; a secret is nowhere but in the process", async () => {
    const secret = "hf_s3cr'et $(id)";
    const env = { HF_TOKEN: secret };
    await using lab = await hosts(two);
    const more = ["secrets: [HF_TOKEN]"];
    const file = topology("read", { more, decode: ", env: { PATTERN: '${HOME}/a b', ODD: '$(id) \"x\"' }" });
    const shown = await pdctl(["plan", file, "--json"], { env });
    const plan = JSON.parse(shown.stdout) as Plan;
    const up = await pdctl(["up", file, "--ndjson"], { env });
    expect(up.code, said(up)).toBe(0);
    for (const service of plan.services) {
      const host = lab.host(service.node);
      const process_ = running(host, service.id);
      const nic = (await host.exec("ip -o -4 addr show scope global")).stdout.split(/\s+/)[1] ?? "";
      const filled = (text: string) =>
        text
          .replaceAll(/<fact:home@\w+>/g, "/root")
          .replaceAll(/<fact:nic@\w+>/g, nic)
          .replaceAll(/<fact:node@\w+>/g, process_?.argv[0] ?? "");
      expect(
        process_?.argv.map((word) => word.replace(/files\/[0-9a-f]{64}/, "")),
        service.id,
      ).toEqual(service.argv.map((word) => filled(word).replace(/files\/[0-9a-f]{64}/, "")));
      const environ = host.read(`/proc/${process_?.pid}/environ`).split("\0");
      for (const [name, value] of Object.entries(service.env))
        if (typeof value === "string")
          expect(environ).toContain(`${name}=${filled(value).replace("${HOME}", "/root")}`);
      expect(environ.includes(`HF_TOKEN=${secret}`)).toBe(service.secrets.includes("HF_TOKEN"));
    }
    // nowhere else: no command line, no file on a node, no file of the launcher, no output
    const cluster = await pdctl(["status", file, "--json"], { env });
    for (const text of [shown.stdout, said(up), cluster.stdout]) expect(text).not.toContain("s3cr");
    for (const host of lab.hosts) {
      for (const { argv } of host.processes()) expect(argv.join(" ")).not.toContain("s3cr");
      for (const name of host.files("/root/.pdctl")) {
        const found = await host.exec(`! [ -f "/root/.pdctl/${name}" ] || ! grep -l s3cr "/root/.pdctl/${name}"`);
        expect(found.code, name).toBe(0);
      }
      expect((await host.exec("find /root/.pdctl -type f -perm /077")).stdout).toBe("");
    }
    expect((await pdctl(["down", file])).code).toBe(0);
    expect(lab.leftovers()).toEqual([]);
    for (const name of readdirSync(launcher.home, { recursive: true, encoding: "utf8" }).filter((one) =>
      /\.(json|log)$/.test(one),
    ))
      expect(readFileSync(join(launcher.home, name), "utf8"), name).not.toContain("s3cr");
  });

  it("the first cause, in seconds: a device fault is on screen within two, and what lives is said", async () => {
    await using lab = await hosts(two);
    const faults = { "*": { loadSeconds: 30 } };
    const file = topology("soon", { faults });
    await using up = start(["up", file]);
    await up.until(/engines +.*started/);
    await expect.poll(() => lab.hosts.flatMap(engines), { timeout: 5_000 }).toHaveLength(2);
    const victim = running(lab.host("n1"), "decode-0-0");
    const at = performance.now();
    lab.host("n1").kill(victim?.pid ?? 0);
    await up.until(/decode-0 died .* after its start, killed by signal/);
    expect(performance.now() - at).toBeLessThan(2_000);
    const ended = await up.ended;
    expect(ended.code).toBe(1);
    expect(said(ended)).toMatch(/kept +prefill-0 (loading|starting)/);
    expect((await pdctl(["down", file])).code).toBe(0);
    expect(lab.leftovers()).toEqual([]);
  });

  it("down means gone: engines that ignore TERM, fork away, take another name and leave shared memory", async () => {
    await using lab = await hosts(two);
    const faults = { "*": { ignoreTerm: true, strayChild: true, leaveShm: true, title: "VLLM::Worker_TP0" } };
    const file = topology("gone", { faults, more: ["timeouts: { stop: 1s }"] });
    expect((await pdctl(["up", file])).code).toBe(0);
    expect(lab.hosts.flatMap((host) => host.shm())).not.toEqual([]);
    lab.host("n1").kill(
      running(lab.host("n1"), "decode-0-0")?.pid ??
        lab
          .host("n1")
          .processes()
          .find(({ mark, argv }) => mark?.endsWith("decode-0-0") === true && argv[0]?.startsWith("VLLM") === true)
          ?.pid ??
        0,
    );
    const again = await pdctl(["up", file]); // what a dead engine left behind is no stranger on its port
    expect(again.code, said(again)).toBe(0);
    const down = await pdctl(["down", file, "--grace", "500ms", "--json"]);
    expect(down.code, said(down)).toBe(0);
    expect(lab.leftovers()).toEqual([]);
    expect(said(down)).toMatch(/"processes": ?0/);
  });
});
