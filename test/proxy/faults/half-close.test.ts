import { once } from "node:events";
import { connect } from "node:net";
import { expect, it } from "vitest";
import { startRig } from "../wire/rig.ts";

it("a client that closes its half has left: a process that ends says no more than that", async () => {
  const rig = await startRig();
  try {
    let closed: () => void = () => undefined;
    const let_go = new Promise<void>((resolve) => {
      closed = resolve;
    });
    rig.play("prefill", ({ socket }) => {
      socket.on("close", closed);
      return new Promise(() => undefined); // it would work for ever
    });
    const body = '{"model":"m","prompt":"a"}';
    const client = connect(rig.port, "127.0.0.1");
    client.write(`POST /v1/completions HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    while (rig.taken.length === 0) await new Promise((resolve) => setImmediate(resolve));
    client.end();
    await let_go;
    await once(client, "close");
    expect(rig.taken).toHaveLength(1);
  } finally {
    await rig.stop();
  }
});
