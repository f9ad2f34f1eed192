import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { pullCause } from "../../src/diagnose/index.ts";
import { type Engine, has, startDocker, startPodman } from "./daemon.ts";
import { type Registry, startRegistry } from "./registry.ts";

const run = promisify(execFile);

/** Pulls by the real tools from a registry on loopback; what they say is what src/engines/pull-causes.ts reads. */
describe.each([
  ["docker", "dockerd", startDocker, []],
  ["podman", "podman", startPodman, ["--tls-verify=false"]],
] as const)("%s pull", (_, program, begin, insecure) => {
  const there = has(program);
  let home = "";
  let engine: Engine;
  let registry: Registry;
  beforeAll(async () => {
    if (!there) return;
    home = mkdtempSync(join(tmpdir(), "pdctl-pull-"));
    engine = await begin();
    registry = await startRegistry();
    writeFileSync(join(home, "hello"), "hello");
    const { stdout } = await run("tar", ["-C", home, "-cf", "-", "hello"], { encoding: "buffer" });
    registry.put("pd/small", "1", [stdout]);
  }, 120_000);
  afterAll(async () => {
    await registry?.[Symbol.asyncDispose]();
    await engine?.[Symbol.asyncDispose]();
    if (home !== "") rmSync(home, { recursive: true });
  }, 60_000);
  beforeEach(({ skip }) => skip(!there, `there is no ${program} here`));

  const pulled = (image: string) => engine.ask("pull", ...insecure, image);
  /** The cause that pdctl reads out of what the tool says of a pull that fails. */
  const causeOf = async (image: string): Promise<string | undefined> => {
    const { stdout, stderr } = await pulled(image).then(
      () => ({ stdout: "it was pulled", stderr: "" }),
      (failed: { stdout: string; stderr: string }) => failed,
    );
    return pullCause(`${stdout}\n${stderr}`.trim().split("\n"))?.id;
  };
  const blobs = () => registry.asked.filter((one) => one.includes("/blobs/")).length;

  it("fetches an image once, and its name's new meaning when it has one", async () => {
    await pulled(`${registry.host}/pd/small:1`);
    const [first, before] = [
      await engine.ask("image", "inspect", "-f", "{{.Id}}", `${registry.host}/pd/small:1`),
      blobs(),
    ];
    expect(before).toBeGreaterThan(0);
    writeFileSync(join(home, "hello"), "another");
    const { stdout } = await run("tar", ["-C", home, "-cf", "-", "hello"], { encoding: "buffer" });
    registry.put("pd/small", "1", [stdout]);
    await pulled(`${registry.host}/pd/small:1`);
    expect(await engine.ask("image", "inspect", "-f", "{{.Id}}", `${registry.host}/pd/small:1`)).not.toBe(first);
  }, 60_000);

  it("has words for a wrong tag, a wrong name, and a registry that is not there", async () => {
    expect(await causeOf(`${registry.host}/pd/small:2`)).toBe("image-name");
    expect(await causeOf(`${registry.host}/pd/none:1`)).toBe("image-name");
    expect(await causeOf("127.0.0.1:1/pd/small:1")).toBe("registry-away");
  }, 60_000);

  it("has words for a login that is refused", async () => {
    registry.guard("me:secret");
    expect(await causeOf(`${registry.host}/pd/other:1`)).toBe("registry-login");
  }, 60_000);
});
