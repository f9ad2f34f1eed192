import { expect, it } from "vitest";
import { said } from "./hosts.ts";
import { lacks, onReferenceHosts, places } from "./peers.ts";
import { titled } from "./place.ts";

const lacking = lacks("router");

it.skipIf(lacking !== undefined)(
  titled("document 001 runs behind the real vllm-router: seven hosts, 24 ranks, KV crosses, nothing is left", lacking),
  async () => {
    await using peered = await onReferenceHosts(
      "gb200-deepseek-nixl",
      ["proxy.kind=vllm-router", `proxy.venv=${places.router}`],
      [places.router],
    );
    const up = await peered.pdctl("up", "--require-evidence", "--ndjson");
    console.log(said(up).slice(-6000));
    console.log(peered.lab.host("router").exec("cat /root/.pdctl/*/*/runs/*/proxy/log | tail -40"));
    expect(up.code, said(up)).toBe(0);
  },
  240_000,
);
