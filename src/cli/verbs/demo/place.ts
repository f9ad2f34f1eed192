import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { Bug } from "../../../errors.ts";
import { root } from "../../edge/package.ts";
import { type Draft, draft } from "../../subject/draft.ts";

const NAME = `name=demo-${process.pid.toString(36)}`; // two people on one machine may look at it at once
const TRIES = 8;

/** topologies/local.yaml as a cluster of its own; on other ports where somebody has taken one of its. */
export async function demoTopology(env: NodeJS.ProcessEnv, first = 0): Promise<Draft> {
  const argument = fileURLToPath(new URL("topologies/local.yaml", root));
  for (let tried = first; tried < first + TRIES; tried++) {
    const drafted = await draft({ argument, options: { set: [NAME, ...moved(tried)] }, env });
    const ports = drafted.plan?.services.flatMap(({ listens }) => listens.map(({ port }) => port)) ?? [];
    if (ports.length === 0) throw new Bug(`topologies/local.yaml has errors: ${drafted.diagnostics[0]?.title}`);
    const free = await Promise.all([...new Set(ports)].map(isFree));
    if (free.every((one) => one)) return drafted;
  }
  throw new Bug(`no free ports in ${TRIES} tries`);
}

function moved(tried: number): readonly string[] {
  if (tried === 0) return [];
  const base = 10_000 + ((process.pid + 7 * tried) % 40) * 500; // two that meet do not move to the same place
  return [
    `proxy.port=${base}`,
    `prefill.port=${base + 100}`,
    `decode.port=${base + 200}`,
    `kv.transfer.side_channel_port=${base + 300}`,
  ];
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => server.close(() => resolve(true)));
  });
}
