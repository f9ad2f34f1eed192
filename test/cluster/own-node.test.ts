import { describe, expect, it } from "vitest";
import { misfit } from "../../src/cluster/up/own-node.ts";

const build = { platform: "Linux x86_64", glibc: "2.28" };

describe("a node without Node gets the launcher's", () => {
  it.each([
    ["Linux x86_64", "glibc 2.28", undefined],
    ["Linux x86_64", "glibc 2.36", undefined],
    ["Linux x86_64", "glibc 3.0", undefined],
    ["Linux x86_64", "glibc 2.17", "it has glibc 2.17, this machine's Node needs 2.28"],
    ["Linux aarch64", "glibc 2.36", "it is Linux aarch64, this machine is Linux x86_64"],
    ["Linux x86_64", "musl", "its C library is musl, this machine's is glibc"],
    ["Linux x86_64", null, "its C library is not known"],
  ])("%s with %s: %s", (platform, libc, why) => {
    expect(misfit({ platform, libc }, build)).toBe(why);
  });

  it("from a machine on musl only where there is musl, too", () => {
    expect(misfit({ platform: "Linux x86_64", libc: "musl" }, { ...build, glibc: null })).toBeUndefined();
    expect(misfit({ platform: "Linux x86_64", libc: "glibc 2.36" }, { ...build, glibc: null })).toContain(
      "is not glibc",
    );
  });
});
