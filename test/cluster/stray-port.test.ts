import { expect, it } from "vitest";
import { portIn } from "../../src/cluster/wave/stray-port.ts";

it.each([
  ["zmq.error.ZMQError: Address already in use (addr='tcp://10.0.0.1:38411')", 38411],
  ["zmq.error.ZMQError: Address already in use (addr='tcp://[fd00::1]:38411')", 38411],
  [
    "The server socket has failed to listen on any local network address. port: 29500, useIpv6: false, code: -98, name: EADDRINUSE",
    29500,
  ],
  ["RuntimeError: [c10d] bind on node-7:41233 failed: Address already in use", 41233],
  ["OSError: [Errno 98] Address already in use", undefined],
  [
    "2026-11-20 10:15:31 OSError: [Errno 98] error while attempting to bind on address ('0.0.0.0', 8000): address already in use",
    8000,
  ],
])("the port in: %s", (line, port) => expect(portIn(line)).toBe(port));
