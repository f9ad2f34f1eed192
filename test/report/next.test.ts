import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { nextLines } from "../../src/report/text/next.ts";

const long = `pdctl up a.yaml --hosts 'n[1-2]' --set prefill.port=8100 --set decode.port=8200 --set 'engine.env.A="x -- y"'`;

describe("what to do next", () => {
  it("is one line, or one for each command where it is too long for a terminal", () => {
    expect(nextLines(["pdctl status", "pdctl down"])).toEqual(["  next    pdctl status · pdctl down"]);
    expect(
      nextLines(["pdctl status one-very-long-name-of-a-cluster", "pdctl down one-very-long-name-of-a-cluster"]),
    ).toEqual([
      "  next    pdctl status one-very-long-name-of-a-cluster",
      "          pdctl down one-very-long-name-of-a-cluster",
    ]);
  });

  it("says what each does beside it, or under it where there is no room", () => {
    expect(nextLines(["pdctl up", "pdctl down"], { "pdctl up": "waits on", "pdctl down": "takes them down" })).toEqual([
      "  next    pdctl up      waits on",
      "          pdctl down    takes them down",
    ]);
    const lines = nextLines([long], { [long]: "waits on" });
    expect(lines.at(-1)).toBe("              waits on");
  });

  it("never loses a part of a command: broken over lines, the shell reads the same words", () => {
    const lines = nextLines([long]);
    expect(lines.length).toBeGreaterThan(1);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    const pasted = lines.join("\n").replace(/^ {2}next {4}pdctl/, "printf '%s\\n'");
    const words = (script: string) => execFileSync("bash", ["-c", script], { encoding: "utf8" });
    expect(words(pasted)).toBe(words(long.replace("pdctl", "printf '%s\\n'")));
  });
});
