import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { busyGauges } from "../accounts.ts";
import { ask } from "../client.ts";
import type { Taken } from "../wire/raw-engine.ts";
import { type Rig, startRig } from "../wire/rig.ts";

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
beforeEach(() => rig.forget());
afterAll(() => rig.stop());

const request = (prompt: string) => {
  const body = JSON.stringify({ model: "m", prompt });
  return `POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
};

const idle = () =>
  expect
    .poll(async () => busyGauges((await ask({ port: rig.port, path: "/metrics", method: "GET" })).text), {
      timeout: 10_000,
    })
    .toEqual([]);

it.each([
  ["its client leaves", (client: Socket) => void client.destroy()],
  ["what follows it is no HTTP", (client: Socket) => void client.write("\0\r\n\r\n")],
])("a request that waits for its turn behind another is let go with it when %s", async (_, ends) => {
  const held: Socket[] = [];
  const hold = ({ socket }: Taken) => {
    held.push(socket);
    return new Promise<boolean>(() => undefined);
  };
  rig.play("prefill", hold, hold);
  const client = connect(rig.port, "127.0.0.1").on("error", () => undefined);
  await once(client, "connect");
  client.write(`${request("one")}${request("two")}`);
  await expect.poll(() => held.length, { timeout: 10_000 }).toBe(2);
  const released = held.map((socket) => (socket.destroyed ? undefined : once(socket, "close")));
  ends(client);
  await Promise.all(released);
  await idle();
});

it("a request whose body breaks off while it waits for its turn is not counted for ever", async () => {
  const client = connect(rig.port, "127.0.0.1").on("error", () => undefined);
  const closed = once(client.resume(), "close");
  const broken = "POST /v1/completions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0x1c\r\n";
  client.write(`${request("one")}${broken}`);
  await closed;
  await idle();
});
