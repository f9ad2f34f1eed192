import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { completion } from "../../src/report/pages/completion.ts";
import { run } from "./run-pdctl.ts";

const { out } = await run(["completion", "bash"]);

/** What bash offers behind these words. */
async function offered(...words: readonly string[]): Promise<string[]> {
  const script = `${out}\nCOMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _pdctl; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = await execa("bash", ["--norc", "-c", script, "bash", ...words], { cwd: import.meta.dirname });
  return stdout.split("\n").filter((word) => word !== "");
}

describe("what the shell offers", () => {
  it("are the verbs, their options, the values of an option, and files", async () => {
    expect(await offered("pdctl", "re")).toEqual(["restart"]);
    expect(await offered("pdctl", "up", "--re")).toEqual(["--rehearse", "--require-evidence"]);
    expect(await offered("pdctl", "up", "--on-failure", "s")).toEqual(["stop"]);
    expect(await offered("pdctl", "up", "completion.test")).toEqual(["completion.test.ts"]);
    expect(await offered("pdctl", "version", "completion.test")).toEqual([]);
  });

  it("is known to zsh and fish, too", async () => {
    const [zsh, fish] = await Promise.all([run(["completion", "zsh"]), run(["completion", "fish"])]);
    expect(zsh.out).toMatch(/^#compdef pdctl\nautoload -U \+X bashcompinit/);
    expect(fish.out).toContain(
      "complete -c pdctl -n '__fish_seen_subcommand_from up' -l on-failure -r -f -a 'keep stop'",
    );
    expect((await run(["completion", "csh"])).exit).toBe(2);
  });

  it("keeps a quote in an option's words out of the shell's", () => {
    const flags = [{ long: "--x", says: "it's", value: false, choices: [] }];
    expect(completion("fish", [{ name: "up", says: "a 'b'", flags, topology: true }])).toContain("-d 'it\\'s'");
  });
});
