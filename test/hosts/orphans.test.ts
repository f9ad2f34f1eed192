import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { hosts } from "./lab.ts";
import { engines, topology, two } from "./one-p-one-d.ts";
import { pdctl, startOnTerminal } from "./pdctl.ts";

const said = ({ stdout, stderr }: { stdout: string; stderr: string }) => stdout + stderr;

/** As nvidia-smi would tell of one device and who has it: the numbers are files that the test writes. */
const smi = `#!/bin/sh
case $* in *compute-apps*) cat /etc/smi-apps ;; *) cat /etc/smi-gpus ;; esac
`;
const gpu = (used: number) => `0, GPU-5c1a, NVIDIA H100 80GB, 81559, ${used}, Default, Disabled\n`;

describe("what is left of former runs", () => {
  it("is found by its mark when its state is gone, told from strangers, and ended; device memory has to come back too", async () => {
    await using lab = await hosts(two);
    const n1 = lab.host("n1");
    const faults = { "decode-0-0": { ignoreTerm: true, title: "VLLM::EngineCore" } };
    const file = topology("lost", { faults });
    expect((await pdctl(["up", file, "--no-smoke"])).code).toBe(0);
    const before = await pdctl(["orphans", file]);
    expect([before.code, before.stdout]).toEqual([0, expect.stringContaining("no orphans · 2 of 2 nodes asked")]);

    await n1.exec("rm -rf /root/.pdctl"); // somebody cleaned up
    const stranger = await n1.spawn("exec python3 -m http.server 8199");
    const other = topology("lost", { faults, file: "other-port", decode: ", args: { seed: 1 }" });
    n1.write("/usr/local/bin/nvidia-smi", smi, 0o755);
    n1.write("/etc/smi-gpus", gpu(55_900));
    n1.write("/etc/smi-apps", `GPU-5c1a, ${stranger}, 55400, python3\n`);
    const found = await pdctl(["orphans", other, "--json"]);
    expect(found.code).toBe(5);
    const { orphans } = JSON.parse(found.stdout);
    expect(orphans).toMatchObject([
      {
        kind: "orphan",
        node: "n1",
        service: "decode-0-0",
        generation: 1,
        ports: [5600, 8200],
        why: "the state that it names is gone",
      },
      { kind: "stranger", node: "n1", pids: [stranger], devices: ["0"] },
    ]);
    const kill = await pdctl(["orphans", other, "--kill", "--grace", "300ms"]);
    expect(kill.code).toBe(5); // a stranger is still there, and stays
    expect(kill.stdout).toMatch(/✔ n1 +decode-0-0 of lost, 1 .*; ended/);
    expect(kill.stdout).toMatch(/1 orphan ended · 1 process not pdctl's in the way/);
    expect(n1.processes().filter(({ mark }) => mark !== undefined)).toEqual([]);
    n1.kill(stranger);
    n1.write("/etc/smi-apps", "");
    await n1.exec("rm -f /usr/local/bin/nvidia-smi /etc/smi-apps /etc/smi-gpus");
    expect((await pdctl(["down", file])).code).toBe(0);
    expect(lab.leftovers()).toEqual([]);
  });

  it("down compares the devices' memory with what it was before up, and is not done before that is back", async () => {
    await using lab = await hosts(two);
    const sim = readFileSync(join(import.meta.dirname, "../../dist/sim.mjs"), "utf8"); // takes vLLM's flags, and is asked for as vLLM
    const used = (mib: number) => {
      for (const host of lab.hosts)
        host.write(
          "/etc/smi-gpus",
          [0, 1, 2, 3].map((id) => gpu(mib).replace("0, GPU-5c1a", `${id}, GPU-${id}`)).join(""),
        );
    };
    for (const host of lab.hosts) {
      host.write("/opt/sim.mjs", sim);
      host.write("/usr/local/bin/nvidia-smi", smi, 0o755);
      host.write("/etc/smi-apps", "");
    }
    used(480);
    const file = topology("memory");
    const vllm = ["--set", "engine.kind=vllm", "--set", "engine.command=[node, /opt/sim.mjs]", "--no-smoke"];
    const up = await pdctl(["up", file, ...vllm]);
    expect(up.code, said(up)).toBe(0);
    used(55_880);
    const down = await pdctl(["down", file]);
    expect(down.code, said(down)).toBe(5);
    expect(down.stdout).toMatch(/✖ n\[0-1\] +0 +0 +\+216 GiB +0 +\d/);
    expect(down.stdout).toMatch(/device 0 has 54\.1 GiB more in use than before up/);
    used(480);
    const again = await pdctl(["down", file]);
    expect(again.code, said(again)).toBe(0);
    for (const host of lab.hosts)
      await host.exec("rm -f /opt/sim.mjs /usr/local/bin/nvidia-smi /etc/smi-apps /etc/smi-gpus");
    expect(lab.leftovers()).toEqual([]);
  });

  it("down asks on a terminal while requests run, and takes no answer for no", async () => {
    await using lab = await hosts(two);
    const file = topology("busy", { faults: { "*": { msPerToken: 100 } } });
    expect((await pdctl(["up", file, "--no-smoke"])).code).toBe(0);
    const ask = `curl -s -m 100 http://10.0.5.10:8000/v1/completions -H 'content-type: application/json' -d '{"model":"pdctl/stand-in","prompt":"hello","max_tokens":900}'`;
    await lab.host("n0").spawn(`exec ${ask}`);
    const running = "curl -s http://10.0.5.11:8200/metrics | grep -m1 '^vllm:num_requests_running'";
    await expect
      .poll(async () => (await lab.host("n1").exec(running)).stdout, { timeout: 30_000 })
      .toMatch(/ 1(\.0)?\n/);
    {
      await using down = startOnTerminal(["down", file]);
      await down.until(/1 request is running\. Take busy down\? \[y\/N\]/, { withinMs: 60_000 });
      down.type("\r");
      const ended = await down.ended;
      expect(ended.code).toBe(8);
      expect(ended.stdout).toMatch(/busy is left as it is/);
      expect(lab.hosts.flatMap(engines)).toHaveLength(2);
    }
    const down = await pdctl(["down", file, "--grace", "500ms"]);
    expect(down.code, said(down)).toBe(0);
    expect(down.stderr).toMatch(/1 request is running\. Take busy down\? not a terminal: taken as yes/);
    expect(lab.leftovers()).toEqual([]);
  });
});
