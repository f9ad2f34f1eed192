import { cpuCauses } from "./cpu-causes.ts";
import type { Hardware } from "./hardware.ts";

/** No accelerator. A device is a share of the machine that the topology names; nothing limits an engine to it. */
export const cpu: Hardware = {
  name: "cpu",
  family: "cpu",
  about: "no accelerator",
  interfaces: ["GLOO_SOCKET_IFNAME"],
  addresses: [],
  vendorScripts: [],
  env: {},
  container: () => [],
  blockSize: 128,
  kvBufferDevices: ["cpu"],
  sameInGroup: [],
  causes: cpuCauses,
  rules: [],
};
