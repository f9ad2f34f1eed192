import { expect, it } from "vitest";
import { withRemoteHost } from "../../../src/proxy/rewrite/remote-host.ts";
import { inHouse } from "../house.ts";

const SHORT = '{"model":"m","prompt":"one two three","max_tokens":4}';

it("decode is told where the proxy reached prefill; every other byte of the ticket is prefill's", () =>
  inHouse({ dialect: "nixl", config: { remote_host_override: true } }, async (house) => {
    house.cluster.remoteHost = "127.0.0.1";
    expect((await house.send(SHORT)).status).toBe(200);
  }));

it("an IPv6 address stands without its brackets, and a ticket without a host stays as it is", () => {
  const told = (ticket: string, url: string) => withRemoteHost(Buffer.from(ticket), url).toString();
  expect(told('{ "remote_host" : "0.0.0.0","n":1.0}', "http://[fd00::1]:8100")).toBe(
    '{ "remote_host" : "fd00::1","n":1.0}',
  );
  expect(told('{"remote_host":null}', "http://p0:8100")).toBe('{"remote_host":"p0"}');
  expect(told('{"x":{"remote_host":"a"}}', "http://p0:8100")).toBe('{"x":{"remote_host":"a"}}');
});
