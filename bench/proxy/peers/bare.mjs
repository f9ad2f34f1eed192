/**
 * The least that two legs can cost on Node: node:http in front, raw sockets behind, nothing checked, nothing counted, no failure handled.
 * It is no proxy; it is the floor that pdctl's is measured against. Arguments: port, prefill port, decode port.
 */
import { createServer } from "node:http";
import { connect } from "node:net";

const [PORT, PREFILL, DECODE] = process.argv.slice(2).map(Number);
const READ = Buffer.allocUnsafeSlow(64 * 1024);
const idle = new Map([
  [PREFILL, []],
  [DECODE, []],
]);
const TICKET =
  '"kv_transfer_params":{"do_remote_decode":true,"do_remote_prefill":false},"stream":false,"max_tokens":1,';

/** @param onBytes gets every read, its head included; true ends the exchange */
function exchange(port, body, onBytes) {
  const socket = idle.get(port).pop() ?? open(port);
  socket.onBytes = (bytes) => {
    if (!onBytes(bytes)) return;
    idle.get(port).push(socket);
  };
  const head = `POST /v1/completions HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
  const all = Buffer.allocUnsafe(head.length + body.length);
  all.write(head, 0, "latin1");
  body.copy(all, head.length);
  socket.write(all);
}

function open(port) {
  const callback = (size) => {
    socket.onBytes(READ.subarray(0, size));
    return true;
  };
  const socket = connect({ host: "127.0.0.1", port, noDelay: true, onread: { buffer: READ, callback } });
  return socket.on("error", () => undefined);
}

function serve(req, res) {
  const chunks = [];
  req.on("data", (chunk) => chunks.push(chunk));
  req.on("end", () => {
    const body = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
    if (req.method !== "POST") return res.end("{}");
    const with_ = (text) => Buffer.concat([Buffer.from(`{${text}`), body.subarray(1)]);
    exchange(PREFILL, with_(TICKET), (answer) => {
      const at = answer.indexOf('"kv_transfer_params":');
      const ticket = answer.toString("latin1", at, answer.length - 1);
      exchange(DECODE, with_(`${ticket},`), decodes(res));
      return true;
    });
  });
}

/** JSON at once, or chunks as they come: their framing goes on as it is, but for the last one, which `end` writes. */
function decodes(res) {
  let streams = false;
  const relay = (bytes) => {
    const isLast = bytes.subarray(-LAST.length).equals(LAST);
    const rest = isLast ? bytes.subarray(0, -LAST.length) : bytes;
    if (rest.length > 0) res.socket.write(Buffer.from(rest));
    if (isLast) res.end();
    return isLast;
  };
  return (bytes) => {
    if (streams) return relay(bytes);
    const end = bytes.indexOf("\r\n\r\n") + 4;
    if (!bytes.toString("latin1", 0, end).includes("text/event-stream")) {
      res.writeHead(200, { "content-type": "application/json", "content-length": bytes.length - end });
      res.end(Buffer.from(bytes.subarray(end)));
      return true;
    }
    streams = true;
    res.writeHead(200, { "content-type": "text/event-stream", "transfer-encoding": "chunked" });
    res.flushHeaders();
    return bytes.length > end && relay(bytes.subarray(end));
  };
}
const LAST = Buffer.from("0\r\n\r\n");

createServer(serve).listen({ port: PORT, host: "127.0.0.1", backlog: 4096 });
