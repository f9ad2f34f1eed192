import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { listener, readFacts } from "../../src/facts/index.ts";
import { quote } from "../../src/quote.ts";

const script = (name: string) => readFileSync(new URL(`../../templates/gather/${name}.sh`, import.meta.url), "utf8");
const times = { sentMs: Date.now(), gotMs: Date.now() };

describe("what a node says of itself", () => {
  it("is read from the real script: home, identity, interfaces, listeners, paths with blanks", async () => {
    await using server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const head = `PD_PATHS=(/etc ${quote("/no such/place")}) PD_HOST= PD_PYTHON=\n`;
    const text = execFileSync("bash", ["--noprofile", "--norc"], { input: head + script("node"), encoding: "utf8" });
    const facts = readFacts("here", text, { sentMs: Date.now(), gotMs: Date.now() });
    expect(facts).toMatchObject({
      node: "here",
      uid: process.getuid?.(),
      paths: { "/etc": true, "/no such/place": false },
    });
    expect(facts?.bootId).toBe(readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim());
    expect(facts?.listening).toContainEqual({
      address: "127.0.0.1",
      port: (server.address() as { port: number }).port,
    });
    expect(facts?.bash).toMatch(/^\d+\.\d+\.\d+$/);
    expect(Math.abs(facts?.clockOffsetMs ?? Number.NaN)).toBeLessThan(5_000);
  });

  it("finds what lies below ~ in the home of the node: the model, and the interpreter that knows which vLLM this is", () => {
    const home = mkdtempSync(join(tmpdir(), "home-"));
    mkdirSync(join(home, "vllm/bin"), { recursive: true });
    writeFileSync(join(home, "vllm/bin/python"), "#!/bin/sh\ncat >/dev/null\necho version vllm 0.32.0+cpu\n", {
      mode: 0o755,
    });
    const head = "PD_PATHS=('~/vllm' '~/no-model') PD_HOST= PD_PYTHON='~/vllm/bin/python'\n";
    const env = { ...process.env, HOME: home };
    const text = execFileSync("bash", ["--noprofile", "--norc"], {
      input: head + script("node"),
      encoding: "utf8",
      env,
    });
    expect(readFacts("here", text, times)).toMatchObject({
      paths: { "~/vllm": true, "~/no-model": false },
      versions: { vllm: "0.32.0+cpu" },
    });
    rmSync(home, { recursive: true });
  });

  it("is not half believed: an answer that was cut off is none", () => {
    expect(readFacts("n0", "home /root\nuid 0\n", times)).toBeUndefined();
  });

  it("keeps an interface's several addresses and a libc that is not glibc", () => {
    const facts = readFacts("n0", "interface eth0 10.0.0.1\ninterface eth0 10.0.0.9\nlibc musl\nend ok\n", times);
    expect(facts).toMatchObject({ interfaces: { eth0: ["10.0.0.1", "10.0.0.9"] }, libc: "musl", nodePath: null });
  });

  it.each([
    ["0100007F:1F90", { address: "127.0.0.1", port: 8080 }],
    ["00000000:0016", { address: "0.0.0.0", port: 22 }],
    ["00000000000000000000000000000000:1F41", { address: "::", port: 8001 }],
    ["0000000000000000FFFF00000100007F:1F41", { address: "127.0.0.1", port: 8001 }],
    ["00000000000000000000000001000000:0050", { address: "0:0:0:0:0:0:0:1", port: 80 }],
  ])("reads the kernel's %s", (text, expected) => expect(listener(text)).toEqual(expected));
});

describe("who holds a port", () => {
  it("is named with its pid and user, so that a person knows whom to ask", async () => {
    const child = spawn(process.execPath, [
      "-e",
      "require('net').createServer().listen(0,'127.0.0.1',function(){console.log(this.address().port)})",
    ]);
    const port = String((await once(child.stdout, "data"))[0]).trim();
    const text = execFileSync("bash", [], { input: `PD_PORTS=(${port} 1)\n${script("holders")}`, encoding: "utf8" });
    child.kill();
    expect(text).toMatch(new RegExp(`^${port} ${child.pid} \\S+ node$`, "m"));
  });
});
