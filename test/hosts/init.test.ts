import { expect, it } from "vitest";
import { hosts } from "./lab.ts";
import { launcher } from "./launcher.ts";
import { two } from "./one-p-one-d.ts";
import { pdctl } from "./pdctl.ts";

/** As nvidia-smi answers the one question about devices; about processes it has nothing to say. */
const smi = (count: number) => `#!/bin/sh
case "$*" in *query-gpu=*) ;; *) exit 0 ;; esac
for i in $(seq 0 ${count - 1}); do echo "$i, GPU-$i, NVIDIA H100 80GB HBM3, 81559, 4, Default, Disabled"; done
`;

it("init --from-nodes reads hardware, devices and NIC from the nodes, and what it writes comes up", async () => {
  await using lab = await hosts(two);
  for (const host of lab.hosts) host.write("/usr/local/bin/nvidia-smi", smi(4), 0o755);
  const made = await pdctl(["init", "--from-nodes", "n0", "n1", "--model", "pdctl/stand-in", "-o", "first.yaml"]);
  expect(made.code, made.stderr).toBe(0);
  expect(made.stderr).toMatch(/ {2}n0 {3}4 × NVIDIA H100 80GB HBM3 {3}10\.0\.5\.10 on \S+\n {2}n1 {3}4 ×/);
  expect(launcher.read("first.yaml")).toMatch(
    /\{ name: "n\[0-1\]", ip: "10\.0\.5\.\[10-11\]", nic: \S+, hardware: cuda, devices: 4 \}/,
  );
  expect((await pdctl(["validate", "--strict", "first.yaml"])).code).toBe(0);
  const up = await pdctl(["up", "first.yaml", "--rehearse"]);
  expect(up.code, up.stdout + up.stderr).toBe(0);
});

it("init --from-nodes names the node that does not answer, and writes nothing", async () => {
  await using lab = await hosts(two);
  await lab.host("n1").crash();
  const made = await pdctl(["init", "--from-nodes", "n0", "n1", "--model", "m/x", "-o", "never.yaml"]);
  expect(made.code).toBe(4);
  expect(made.stderr + made.stdout).toMatch(/n1/);
  expect(launcher.has("never.yaml")).toBe(false);
});
