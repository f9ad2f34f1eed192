import { gaudiCauses } from "./gaudi-causes.ts";
import type { Hardware } from "./hardware.ts";

/** Intel Gaudi. Ids are module ids, not indices: an index may change with a reboot. Source: launch.md §1.6, §4.5, §8.1. */
export const gaudi: Hardware = {
  name: "gaudi",
  family: "gaudi",
  about: "Intel Gaudi",
  lists: "gaudi",
  plugin: { module: "vllm_gaudi", package: "vllm-gaudi", pairs: false },
  visibility: "HABANA_VISIBLE_MODULES",
  alsoVisibility: ["HABANA_VISIBLE_DEVICES"], // the container runtime's variable
  interfaces: ["GLOO_SOCKET_IFNAME", "HCCL_SOCKET_IFNAME"],
  addresses: [],
  vendorScripts: [],
  env: { LD_LIBRARY_PATH: { prepend: ["/usr/lib/habanalabs"], append: [] } },
  container: () => [
    ...["--runtime", "habana", "-e", "HABANA_VISIBLE_DEVICES=all"],
    ...["-e", "OMPI_MCA_btl_vader_single_copy_mechanism=none", "--cap-add", "SYS_NICE"],
  ],
  blockSize: 128,
  kvBufferDevices: ["hpu", "cpu"],
  sameInGroup: ["PT_HPU_LAZY_MODE", "PT_HPU_ENABLE_LAZY_COLLECTIVES"],
  causes: gaudiCauses,
  rules: [],
};
