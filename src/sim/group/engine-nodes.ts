import { createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { engineRaised } from "../fatal.ts";
import { onFrames, sendFrame } from "../kv/frames.ts";
import type { Log } from "../log.ts";
import type { Parallel } from "../start/parallel.ts";
import { dial } from "./dial.ts";
import { type Group, Membership } from "./group.ts";

const RETRY_MS = 200;

/** One engine over several nodes: node 0 keeps the torch store on the master port, the others come to it. Source: launch.md §1.7. */
export const engineNodes = (parallel: Parallel, timeoutMs: number, log: Log): Promise<Group> =>
  parallel.nodeOfEngine === 0 ? leader(parallel, timeoutMs, log) : follower(parallel, timeoutMs, log);

async function leader(
  { masterAddress, masterPort, nodesOfEngine }: Parallel,
  timeoutMs: number,
  log: Log,
): Promise<Group> {
  const members = new Membership();
  const nodes = new Map<number, Socket>();
  let complete: () => void = () => undefined;
  const all = new Promise<void>((resolve) => {
    complete = resolve;
  });
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on("error", () => socket.destroy());
    onFrames(socket, ({ head }) => {
      nodes.set(Number(head.node), socket);
      socket.on("close", () => members.lose(`node ${Number(head.node)}`));
      if (nodes.size === nodesOfEngine - 1) complete();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      reject(
        engineRaised(
          "torch.distributed.DistNetworkError",
          `The server socket has failed to listen on any local network address. port: ${masterPort}, useIpv6: false, code: ${error.errno ?? -1}, name: ${error.code ?? ""}, message: ${error.code === "EADDRINUSE" ? "address already in use" : error.message}`,
        ),
      );
    });
    server.listen({ host: masterAddress, port: masterPort }, () => resolve());
  });
  log.info("parallel_state.py", `world of ${nodesOfEngine} nodes, master ${masterAddress}:${masterPort}`);
  return {
    remotes: [],
    ...members.losses(),
    async meet() {
      const late = sleep(timeoutMs, true, { ref: false }).then(() => {
        throw engineRaised(
          "torch.distributed.DistStoreError",
          `Timed out after ${Math.round(timeoutMs / 1000)} seconds waiting for clients. ${nodes.size + 1}/${nodesOfEngine} clients joined.`,
        );
      });
      await Promise.race([all, late]);
      for (const socket of nodes.values()) sendFrame(socket, { op: "GO" });
    },
    close() {
      server.close();
      for (const socket of nodes.values()) socket.destroy();
    },
  };
}

async function follower(
  { masterAddress, masterPort, nodeOfEngine }: Parallel,
  timeoutMs: number,
  log: Log,
): Promise<Group> {
  const members = new Membership();
  log.info(
    "serve.py",
    `Launching vLLM headless multiproc executor, with head node address ${masterAddress}:${masterPort} for torch.distributed process group.`,
  );
  const deadline = Date.now() + timeoutMs;
  let socket = await dial(masterAddress, masterPort);
  while (socket === undefined) {
    if (Date.now() + RETRY_MS >= deadline) {
      throw engineRaised(
        "torch.distributed.DistNetworkError",
        `The client socket has timed out after ${timeoutMs}ms while trying to connect to (${masterAddress}, ${masterPort}).`,
      );
    }
    await sleep(RETRY_MS);
    socket = await dial(masterAddress, masterPort);
  }
  const connected = socket;
  return {
    remotes: [],
    ...members.losses(),
    async meet() {
      connected.on("close", () => members.lose("node 0"));
      const go = new Promise<void>((resolve) => onFrames(connected, () => resolve()));
      const gone = new Promise<never>((_, reject) => {
        connected.once("close", () =>
          reject(
            engineRaised(
              "torch.distributed.DistNetworkError",
              `Connection reset by peer (${masterAddress}, ${masterPort})`,
            ),
          ),
        );
      });
      sendFrame(connected, { node: nodeOfEngine });
      await Promise.race([go, gone]);
      gone.catch(() => undefined); // from now on a loss is a matter of `lost`
    },
    close: () => connected.destroy(),
  };
}
