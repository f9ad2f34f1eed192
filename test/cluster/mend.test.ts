import { expect, it } from "vitest";
import { mendings } from "../../src/cluster/check/mend.ts";
import type { Facts } from "../../src/facts/index.ts";
import type { Finding } from "../../src/topology/rule.ts";
import { planned } from "./running.ts";

const plan = planned("ascend-moe-mooncake.yaml"); // its master listens on 50088
const said = (node: string, more: Partial<Facts> = {}): Facts => ({
  node,
  at: 0,
  home: "/home/ops",
  user: "ops",
  uid: 1000,
  bootId: "b",
  clockOffsetMs: 0,
  interfaces: {},
  hostIp: null,
  nodePath: null,
  platform: "Linux x86_64",
  libc: "glibc 2.36",
  bash: "5.2.15",
  versions: {},
  listening: [],
  ephemeral: { first: 32_768, last: 60_999 },
  paths: {},
  ...more,
});
const finding = (code: string, subject: string, also: readonly string[] = []): Finding => ({
  code,
  level: "warning",
  title: "",
  at: [],
  subject,
  also,
  remedy: [],
});

it("what --fix writes is a file of its own per node, and keeps the ports that are reserved already", () => {
  const facts = [
    said("a2-1", { limits: { memlock: 67_108_864 }, reserved: [{ first: 50_087, last: 50_087 }] }),
    said("a2-2", { limits: { memlock: null } }),
  ];
  const found = [finding("N04", "a2-1"), finding("C02", "a2-1", ["a2-2"]), finding("C13", "a2-2")];
  expect(mendings(found, plan, facts)).toEqual([
    { node: "a2-1", code: "C02", file: "/etc/security/limits.d/90-pdctl.conf", line: "ops - memlock unlimited" },
    {
      node: "a2-1",
      code: "N04",
      file: "/etc/sysctl.d/90-pdctl.conf",
      line: "net.ipv4.ip_local_reserved_ports = 50087-50088",
      setting: { path: "/proc/sys/net/ipv4/ip_local_reserved_ports", value: "50087-50088" },
    },
  ]);
});
