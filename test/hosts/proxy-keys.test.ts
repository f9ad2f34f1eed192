import { describe, expect, it } from "vitest";
import { hosts } from "./lab.ts";
import { engines, topology, two } from "./one-p-one-d.ts";
import { pdctl } from "./pdctl.ts";

const said = ({ stdout, stderr }: { stdout: string; stderr: string }) => stdout + stderr;
const env = { PROXY_KEYS: "sk-f1rst-key,sk-s3cond-key", PROXY_ADMIN_KEY: "sk-adm1n-key" };
const KEYS = /sk-\w+-key/;
const status = (key: string) =>
  `curl -s -o /dev/null -w '%{http_code}' -H 'content-type: application/json' ${key === "" ? "" : `-H 'Authorization: Bearer ${key}' `}` +
  `-d '{"model":"pdctl/stand-in","prompt":"a b c","max_tokens":2}' http://10.0.5.10:8000/v1/completions`;

describe("a proxy with keys", () => {
  it("lets in who has one, is proven with one, says none of them, and what it reads once restarts it alone", async () => {
    await using lab = await hosts(two);
    const proxy = ", serving: { api_key_env: PROXY_KEYS, admin_api_key_env: PROXY_ADMIN_KEY }";
    const file = topology("locked", { proxy });
    const without = await pdctl(["up", file]);
    expect(without.code).toBe(3);
    expect(said(without)).toMatch(/PROXY_KEYS.*PROXY_ADMIN_KEY/);

    const up = await pdctl(["up", file], { env });
    expect(up.code, said(up)).toBe(0); // its proof went through the door
    const [n0] = lab.hosts;
    const asked = async (key: string) => (await n0?.exec(status(key)))?.stdout;
    expect([await asked(""), await asked("sk-wr0ng"), await asked("sk-s3cond-key")]).toEqual(["401", "401", "200"]);
    const smoke = await pdctl(["smoke", file], { env });
    expect(smoke.code, said(smoke)).toBe(0);
    const keyless = await pdctl(["smoke", file]);
    expect([keyless.code, said(keyless)]).toEqual([3, expect.stringContaining("PROXY_KEYS")]);

    const before = lab.hosts.flatMap(engines);
    const more = ["--set", "proxy.serving.queue_size=7"];
    const plan = await pdctl(["plan", file, "--changes", ...more], { env });
    expect(plan.stdout).toMatch(/~ restart +proxy +queue_size 7 is new/);
    const again = await pdctl(["up", file, ...more], { env });
    expect(again.code, said(again)).toBe(0);
    expect(lab.hosts.flatMap(engines)).toEqual(before); // nobody else was restarted
    expect(await asked("sk-f1rst-key")).toBe("200");
    expect((await pdctl(["plan", file, "--changes", ...more], { env })).stdout).toMatch(/^✔ nothing to do/);

    for (const one of [up, smoke, plan, again]) expect(said(one)).not.toMatch(KEYS);
    for (const host of lab.hosts) {
      for (const { argv, mark, pid } of host.processes()) {
        expect(argv.join(" ")).not.toMatch(KEYS);
        if (mark?.endsWith("/proxy") === false) expect(host.read(`/proc/${pid}/environ`)).not.toMatch(KEYS);
      }
      expect((await host.exec("grep -rlE 'sk-[a-z0-9]+-key' /root/.pdctl")).stdout).toBe("");
    }
    expect((await pdctl(["down", file])).code).toBe(0);
    expect(lab.leftovers()).toEqual([]);
  });
});
