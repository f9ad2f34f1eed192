import type { Cause } from "../diagnose/cause.ts";

/** What docker and podman write when they cannot start a container. Recorded from docker 20.10 and podman 4.3: test/diagnose/recorded. */
export const containerCauses: readonly Cause[] = [
  {
    id: "container-memlock",
    pattern: /error setting rlimit type \d+: operation not permitted/,
    says: "the container tool may not lift the limit of locked memory, which RDMA wants (--ulimit memlock=-1)",
    remedy: [
      "give the daemon, or the user of a rootless tool, CAP_SYS_RESOURCE or an unlimited memlock (LimitMEMLOCK=infinity)",
      "without RDMA: engine.runtime.options: [--ulimit, memlock=65536]",
    ],
  },
  {
    id: "container-image",
    pattern:
      /(Unable to find image|No such image|image not known|did not resolve to an alias|manifest unknown|pull access denied)/,
    says: "the image is not on this node",
    remedy: [
      "pdctl up, which pulls it; where engine.runtime.pull is never: docker load or podman load it there first",
      "or correct engine.runtime.image",
    ],
  },
  {
    id: "container-daemon",
    pattern: /(Cannot connect to the Docker daemon|permission denied while trying to connect to the Docker daemon)/,
    says: "the docker daemon does not run on this node, or the login user may not speak to it",
    remedy: ["systemctl start docker, or the user into the group docker; podman needs no daemon"],
  },
  {
    id: "container-devices",
    pattern:
      /(could not select device driver|unresolvable CDI devices|Unknown runtime specified|OCI runtime "[^"]+" not found)/,
    says: "the container tool does not know this vendor's devices",
    remedy: [
      "install the vendor's container toolkit on the node and restart the daemon",
      "podman: write its CDI file (nvidia-ctk cdi generate), or take docker",
    ],
  },
  {
    id: "container-device",
    pattern: /(error gathering device information while adding custom device|Error: stat \/dev\/)/,
    says: "a device that the container is to get is not on this node",
    remedy: [
      "load its driver, or take it out of engine.runtime.options; nodes[].hardware says which devices are asked for",
    ],
  },
  {
    id: "container-init",
    pattern: /container-init binary not found/,
    says: "podman has no init program on this node, and nobody would reap what the engine leaves",
    remedy: ["install catatonit there"],
  },
  {
    id: "container-command",
    pattern: /(executable file not found in \$PATH|OCI runtime attempted to invoke a command that was not found)/,
    says: "the image lacks a program that the launch script starts with",
    remedy: ["an image with bash: pdctl starts engines by a bash script inside"],
  },
];
