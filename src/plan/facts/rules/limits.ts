import type { Rule } from "../../../topology/rule.ts";
import { size } from "../../../words/numbers.ts";
import { isOnHost } from "../../seats/container.ts";
import type { Judged } from "../judged.ts";
import { answers, nodePath } from "./answers.ts";

const MIB = 2 ** 20;
/** Below this UCX leaves its InfiniBand transports out, without a word. Source: launch.md §5.1, memlock. */
const MEMLOCK = 512 * MIB;
/** What a container without `--ipc host` has is 64 MiB; engines of several ranks exchange more. Source: launch.md §5.1, shm. */
const SHM = 1024 * MIB;

/** C02: what the session is allowed is what the engines are allowed. Source: launch.md §10.8. */
export const c02: Rule<Judged, { node: string; title: string; remedy: string }> = {
  id: "C02",
  level: "warning",
  *check(judged) {
    for (const { node, said, engines } of answers(judged)) {
      if (engines.length === 0 || node.hardware === "cpu") continue; // no RDMA, and one rank
      const { memlock, shm } = said.limits ?? {};
      const own = engines.some(isOnHost); // a container has a limit of its own
      const found = [
        ...(own && typeof memlock === "number" && memlock < MEMLOCK ? [locked(node.name, memlock)] : []),
        ...(shm !== undefined && shm.size < SHM ? [shared(node.name, shm.size)] : []),
      ];
      for (const data of found) yield { at: nodePath(judged.topology, node.name), subject: node.name, data };
    }
  },
  message: ({ title }) => title,
  remedy: ({ remedy }) => remedy,
};

const locked = (node: string, memlock: number) => ({
  node,
  title: `${node} lets a process lock ${size(memlock)}: UCX will leave InfiniBand out, and KV go over TCP`,
  remedy: `LimitMEMLOCK=infinity for sshd on ${node}, or memlock unlimited in /etc/security/limits.d`,
});

const shared = (node: string, shm: number) => ({
  node,
  title: `${node} has ${size(shm)} of /dev/shm, which the ranks of an engine share`,
  remedy: `a larger /dev/shm on ${node}; in a container --ipc=host or --shm-size`,
});
