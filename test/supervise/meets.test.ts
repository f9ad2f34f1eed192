import { createServer } from "node:net";
import { expect, it } from "vitest";
import { meets } from "../../src/supervise/index.ts";
import { lab, never, scripts } from "./lab.ts";
import { until } from "./processes.ts";

const node = process.execPath;
const listener = (port: number) => [node, "-e", `require("net").createServer(() => {}).listen(${port}, "127.0.0.1")`];
const caller = (port: number) => [node, "-e", `require("net").connect(${port}, "127.0.0.1")`];

it("a rank that never came to its head's port is told from one that did, though both live and say nothing", async () => {
  await using here = await lab();
  const port = await freePort();
  await here.start({ head: listener(port), late: ["sleep", "1000"] });
  const look = () => meets(here.session, { stateDir: here.stateDir, ports: [port] }, scripts, never);
  const of = async (name: string) => (await look()).find(({ service }) => service === name);
  await until(async () => (await of("head"))?.listens.includes(port) === true);
  await here.start({ peer: caller(port) }, { generation: 1 });
  await until(async () => (await of("peer"))?.joined.includes(port) === true);
  expect(await of("late")).toEqual({ service: "late", listens: [], joined: [], dials: [] });
  expect(await of("head")).toEqual({ service: "head", listens: [port], joined: [], dials: [] });
});

/** One that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}
