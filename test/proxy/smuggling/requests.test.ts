import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Rig, startRig } from "../wire/rig.ts";
import { smuggled } from "./requests.ts";

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.stop());

describe("a request that two parsers could read in two ways reaches no engine in another meaning", () => {
  it.each(smuggled)("$what", async ({ bytes, reaches, answers, unfinished }) => {
    rig.forget();
    const statuses = statusesIn(await conversation(bytes, unfinished ? 0 : answers.length));
    expect(rig.prompts("decode")).toEqual(reaches);
    expect(rig.prompts("prefill")).toEqual(reaches);
    expect(statuses).toEqual(answers);
    expect(rig.malformed()).toEqual([]);
    for (const { body, headers } of rig.taken) {
      expect(body.framing).toBe("length");
      const names = headers.map(([name]) => name.toLowerCase());
      for (const name of ["transfer-encoding", "upgrade", "expect", "te", "trailer"]) expect(names).not.toContain(name);
      expect(names.filter((name) => ["content-length", "host", "x-request-id"].includes(name)).sort()).toEqual([
        "content-length",
        "host",
        "x-request-id",
      ]);
    }
  });
});

/** All that comes back. The client closes its side after so many answers, and when somebody else has been served meanwhile. */
async function conversation(bytes: Buffer, answers: number): Promise<string> {
  const socket = connect(rig.port, "127.0.0.1");
  let text = "";
  const enough = new Promise<void>((resolve) => {
    const look = () => statusesIn(text).length >= answers && resolve();
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
      look();
    });
    socket.on("close", () => resolve()).on("error", () => undefined); // a refused client may be reset
    look();
  });
  const closed = once(socket, "close");
  socket.write(bytes);
  await enough;
  await fetch(`http://127.0.0.1:${rig.port}/v1/models`); // whatever was sent on has arrived by then
  socket.end();
  await closed;
  return text;
}

const statusesIn = (text: string) => [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
