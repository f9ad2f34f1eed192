/**
 * Engines, and the load that needs a clock of its own: time to first token, and streams of events. Both in one process, so that the delay of an event
 * is read from one clock. `node load.mjs`: says its ports over IPC, then does what it is told, one order at a time.
 */
import { connect } from "node:net";
import { MARK, openEngine, STAMP_BYTES, STREAM_END, STREAM_HEAD, stamped, stampIn } from "./engines.mjs";

const us = () => performance.now() * 1000;
const READ = Buffer.allocUnsafeSlow(256 * 1024);
const ENDS = Buffer.from("0\r\n\r\n");
const PROMPT = "word ".repeat(390); // with the rest of the body 2,000 bytes
const post = (body) =>
  `POST /v1/completions HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
const ask = (stream) => Buffer.from(post(`{"model":"m","prompt":"${PROMPT}","max_tokens":40,"stream":${stream}}`));

let streams = false;
let onStream;
const engine = { streams: () => streams, onStream: (socket) => onStream(socket) };
const oneEvent = (socket) => {
  socket.write(STREAM_HEAD);
  socket.write(stamped(0));
  socket.write(STREAM_END);
};
onStream = oneEvent;

/** @param onBytes gets a view that is good within the call */
function open(port, onBytes) {
  const callback = (size) => {
    onBytes(READ.subarray(0, size));
    return true;
  };
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, noDelay: true, onread: { buffer: READ, callback } });
    socket.once("connect", () => resolve(socket)).once("error", reject);
    socket.once("close", () => process.send({ lost: `the connection to port ${port} closed` })); // heard while an order runs
  });
}

/** By ourselves: what closes otherwise is a failure of who is measured. */
const drop = (socket) => socket.removeAllListeners("close").destroy();

const quantiles = (values) => {
  const sorted = Float64Array.from(values).sort();
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99) };
};

/** One request after the other on one connection: from the first byte out to the first event in. With two ports: both legs by hand. */
async function latency({ ports, warm, count }) {
  let onFirst;
  let onEnd;
  let seen = false;
  const sockets = [];
  for (const port of ports)
    sockets.push(
      await open(port, (bytes) => {
        if (!seen && (bytes.includes("data:") || bytes.includes("kv_transfer_params"))) {
          seen = true;
          onFirst(us());
        }
        if (bytes.subarray(-ENDS.length).equals(ENDS) || bytes[bytes.length - 1] === 0x7d) onEnd();
      }),
    );
  const leg = (socket, bytes) =>
    new Promise((resolve) => {
      seen = false;
      let first;
      onFirst = (at) => {
        first = at;
      };
      onEnd = () => seen && resolve(first);
      socket.write(bytes);
    });
  const took = [];
  const [last] = sockets.slice(-1);
  for (let turn = -warm; turn < count; turn++) {
    const began = us();
    for (const socket of sockets.slice(0, -1)) await leg(socket, ask(false));
    const first = await leg(last, ask(true));
    if (turn >= 0) took.push(first - began);
  }
  for (const socket of sockets) drop(socket);
  return quantiles(took);
}

/** So many streams, each with so many events a second, spread evenly: events that arrived, and how long each was on its way. */
async function relay({ port, count, perSecond, warmMs, ms }) {
  const sources = [];
  onStream = (socket) => {
    socket.write(STREAM_HEAD);
    sources.push(socket);
  };
  const delays = [];
  let measures = false;
  let events = 0;
  const sinks = [];
  for (let each = 0; each < count; each++) {
    let tail = Buffer.alloc(0);
    sinks.push(
      await open(port, (bytes) => {
        const now = us();
        const all = tail.length > 0 ? Buffer.concat([tail, bytes]) : bytes;
        let at = all.indexOf(MARK, 0, "latin1");
        let after = 0;
        for (; at !== -1 && at + STAMP_BYTES <= all.length; at = all.indexOf(MARK, after, "latin1")) {
          after = at + STAMP_BYTES;
          events++;
          if (measures) delays.push(now - stampIn(all, at + MARK.length));
        }
        tail = Buffer.from(all.subarray(Math.max(after, all.length - STAMP_BYTES)));
      }),
    );
    sinks[each].write(ask(true));
  }
  const step = 1000 / perSecond / count; // ms from one event to the next, whichever stream it is of
  while (sources.length < count) await new Promise((resolve) => setTimeout(resolve, 5)); // they begin with the first event, which nobody has sent
  const began = performance.now();
  let sent = 0;
  let goes = true;
  const emit = () => {
    const due = Math.min((performance.now() - began) / step, sent + 256);
    for (; sent < due; sent++) {
      const source = sources[sent % count];
      if (source.writableLength < 1 << 20) source.write(stamped(us()));
    }
    if (goes) setImmediate(emit);
  };
  emit();
  await new Promise((resolve) => setTimeout(resolve, warmMs));
  await tell({ began: true });
  [events, measures] = [0, true];
  const from = performance.now();
  await new Promise((resolve) => setTimeout(resolve, ms));
  const [arrived, seconds] = [events, (performance.now() - from) / 1000];
  await tell({ ended: true });
  goes = false;
  for (const socket of [...sinks, ...sources]) drop(socket);
  onStream = oneEvent;
  return { events: arrived, perSecond: arrived / seconds, wanted: count * perSecond, ...quantiles(delays) };
}

/** So many events on each of so many streams, the next of them when all have come: what they cost does not depend on how fast the machine is. */
async function burst({ port, count, each }) {
  const sources = [];
  const sinks = [];
  let left = count;
  let all;
  onStream = (socket) => {
    socket.write(STREAM_HEAD);
    sources.push(socket);
    if (sources.length === count) all();
  };
  const come = () =>
    new Promise((resolve) => {
      all = resolve;
    });
  const asked = come();
  for (let at = 0; at < count; at++) {
    sinks.push(await open(port, (bytes) => bytes.includes(MARK) && --left === 0 && all()));
    sinks[at].write(ask(true));
  }
  await asked;
  for (let turn = 0; turn <= each; turn++) {
    if (turn === 1) await tell({ began: true }); // the first event brings the head of the answer
    const here = come();
    left = count;
    for (const source of sources) source.write(stamped(0));
    await here;
  }
  await tell({ ended: true });
  for (const socket of [...sinks, ...sources]) drop(socket);
  onStream = oneEvent;
  return { events: count * each };
}

/** One request with a body of so many bytes. */
async function big({ port, bytes }) {
  const [before, after] = ['{"model":"m","prompt":"', '","max_tokens":40}'];
  const body = Buffer.alloc(bytes, "word ");
  body.write(before, 0, "latin1");
  body.write(after, bytes - after.length, "latin1");
  const answer = await fetch(`http://127.0.0.1:${port}/v1/completions`, {
    method: "POST",
    body,
    headers: { "content-type": "application/json" },
  });
  await answer.arrayBuffer();
  return { status: answer.status };
}

/** So many requests over so many connections, one at a time on each. */
async function flood({ port, connections, count, bytes }) {
  const body = Buffer.from(post(`{"model":"m","prompt":"${"w".repeat(bytes)}","max_tokens":40,"stream":false}`));
  let left = count;
  const one = async () => {
    let done;
    const socket = await open(port, (answer) => answer[answer.length - 1] === 0x7d && done()); // its JSON ends here
    while (left-- > 0) {
      const over = new Promise((resolve) => {
        done = resolve;
      });
      socket.write(body);
      await over;
    }
    drop(socket);
  };
  await Promise.all(Array.from({ length: connections }, one));
  return {};
}

let heard;
/** Says something that the other side answers. */
const tell = (what) =>
  new Promise((resolve) => {
    heard = resolve;
    process.send(what);
  });

const orders = { latency, relay, big, burst, flood };
const [p, d] = await Promise.all(["prefill", "decode"].map((role) => openEngine(role, engine)));
process.on("message", async ({ heard: isHeard, order, ...rest }) => {
  if (isHeard) return heard();
  streams = order === "latency" || order === "relay" || order === "burst";
  process.send({ done: order ? await orders[order](rest) : true });
});
process.on("disconnect", () => process.exit());
process.send({ prefill: p.port, decode: d.port });
