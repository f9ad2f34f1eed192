/**
 * Engines that cost next to nothing: raw sockets, answers made beforehand, requests counted and not looked at.
 */
import { createServer } from "node:net";

const TICKET =
  '{"do_remote_prefill":true,"do_remote_decode":false,"remote_engine_id":"e-1","remote_block_ids":[[1,2,3,4,5,6,7,8]],"remote_host":"127.0.0.1","remote_port":5600,"remote_request_id":"r","tp_size":1}';
const text = "word ".repeat(40);
const prefilled = `{"id":"cmpl-1","object":"text_completion","model":"m","choices":[{"index":0,"text":" a","finish_reason":"length"}],"usage":{"prompt_tokens":9,"total_tokens":10,"completion_tokens":1},"kv_transfer_params":${TICKET}}`;
const decoded = `{"id":"cmpl-1","object":"text_completion","model":"m","choices":[{"index":0,"text":"${text}","finish_reason":"stop"}],"usage":{"prompt_tokens":9,"total_tokens":49,"completion_tokens":40}}`;
const models = '{"object":"list","data":[{"id":"m","object":"model"}]}';

const json = (body) =>
  Buffer.from(
    `HTTP/1.1 200 OK\r\ndate: Fri, 20 Nov 2026 12:00:00 GMT\r\nserver: uvicorn\r\ncontent-length: ${Buffer.byteLength(body)}\r\ncontent-type: application/json\r\n\r\n${body}`,
  );
const [PREFILLED, DECODED, MODELS, EMPTY] = [json(prefilled), json(decoded), json(models), json("{}")];
export const STREAM_HEAD = Buffer.from(
  "HTTP/1.1 200 OK\r\ndate: Fri, 20 Nov 2026 12:00:00 GMT\r\nserver: uvicorn\r\ncontent-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n",
);
export const STREAM_END = Buffer.from("e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n");

/** One event of 230 bytes as a chunk, with the time of its sending at a fixed place. */
const DIGITS = 14;
export const MARK = '"at":"';
const event = (() => {
  const [before, after] = [
    `data: {"id":"cmpl-1","object":"text_completion","model":"m",${MARK}`,
    '","choices":[{"index":0,"text":" ',
  ];
  const end = '","logprobs":null,"finish_reason":null}],"usage":null}\n\n';
  const pad = "x".repeat(230 - before.length - DIGITS - after.length - end.length);
  return `e6\r\n${before}${"0".repeat(DIGITS)}${after}${pad}${end}\r\n`;
})();
const AT = event.indexOf(MARK) + MARK.length;
/** @param at microseconds of a clock that load and engines share */
export function stamped(at) {
  const bytes = Buffer.from(event, "latin1");
  bytes.write(String(Math.round(at)).padStart(DIGITS, "0"), AT, "latin1");
  return bytes;
}
export const stampIn = (bytes, at) => Number(bytes.toString("latin1", at, at + DIGITS));
export const STAMP_BYTES = MARK.length + DIGITS;

/**
 * @param role prefill or decode
 * @param streams whether decode answers with a stream
 * @param onStream called with the socket of every stream that decode is asked for
 */
export function openEngine(role, { streams, onStream }) {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on("error", () => socket.destroy());
    const take = requests((head) => {
      if (!head.startsWith("POST")) socket.write(head.startsWith("GET /v1/models") ? MODELS : EMPTY);
      else if (role === "prefill") socket.write(PREFILLED);
      else if (streams()) onStream(socket);
      else socket.write(DECODED);
    });
    socket.on("data", take);
  });
  return new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve({ port: server.address().port, server })),
  );
}

/** Calls with the head of every request once its body is there too. Bodies are counted, not looked at. */
function requests(onRequest) {
  let early = "";
  let left = 0;
  let head = "";
  return (bytes) => {
    let at = 0;
    while (at < bytes.length) {
      if (left === 0) {
        const end = early === "" ? bytes.indexOf("\r\n\r\n", at, "latin1") : -1;
        const seen = early + bytes.toString("latin1", at, end === -1 ? bytes.length : end + 4);
        const stop = seen.indexOf("\r\n\r\n");
        if (stop === -1) {
          early = seen;
          return;
        }
        at += stop + 4 - early.length;
        early = "";
        head = seen.slice(0, stop);
        left = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
        if (left === 0) onRequest(head);
      } else {
        const taken = Math.min(left, bytes.length - at);
        left -= taken;
        at += taken;
        if (left === 0) onRequest(head);
      }
    }
  };
}
