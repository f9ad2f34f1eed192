import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { importSetUp } from "../../src/imports/index.ts";
import { cases, imported, root } from "./read-case.ts";

const ask = { nodes: [{ name: "n", host: "10.0.0.1", hardware: "cuda", devices: 8 }], values: {}, runs: [] };
const serve = (role: string, port: number, more = "") =>
  `vllm serve m --port ${port} ${more} --kv-transfer-config '{"kv_connector":"NixlConnector","kv_role":"${role}"}'`;

describe("a user is told of every line", () => {
  it.each(cases.filter((name) => name !== "ascend-dense"))("each command line of %s has a remark", (name) => {
    const { inputs, remarks } = imported(name);
    for (const file of inputs.filter((each) => each.endsWith(".sh"))) {
      const said = new Set(remarks.filter((remark) => remark.file === file).map(({ line }) => line));
      const silent = readFileSync(join(root, name, file), "utf8")
        .split("\n")
        .flatMap((line, i) => {
          const bare = line.trim();
          const quoted = /^["{}]/.test(bare) || bare === ""; // inside a JSON argument, or nothing
          const grammar = /^(#|do$|done$|fi$|\}|start |shift )/.test(bare);
          return quoted || grammar || said.has(i + 1) ? [] : [`${i + 1}: ${bare}`];
        });
      expect(silent).toEqual([]);
    }
  });

  it("whatever flags stand on a command line, each is in the topology or in a remark that is not 'kept'", () => {
    const flag = fc.constantFrom(
      "--max-num-seqs 8",
      "--enforce-eager",
      "--no-such-flag 3",
      "--swap-space 16",
      "--quantization None",
      "--dtype=bfloat16",
      "--compilation_config.level 3",
    );
    fc.assert(
      fc.property(fc.uniqueArray(flag, { maxLength: 5 }), (flags) => {
        const text = [serve("kv_producer", 8100, flags.join(" ")), serve("kv_consumer", 8200)].join("\n");
        const { yaml = "", remarks } = importSetUp([{ name: "s.sh", text }], ask);
        for (const each of flags) {
          const name = /^--([\w-]+)/.exec(each)?.[1]?.replaceAll("_", "-") ?? "";
          const dropped = remarks.some(({ fate, what }) => fate !== "kept" && what.includes(name));
          expect([each, dropped !== yaml.includes(`${name}:`)]).toEqual([each, true]);
        }
      }),
      { numRuns: 50 },
    );
  });

  it("no text makes it throw", () => {
    const piece = fc.constantFrom(
      "vllm serve",
      "'",
      '"',
      "$(",
      "${",
      "}",
      "((",
      "))",
      "<<EOF\n",
      "EOF\n",
      "\\\n",
      "for i in a b; do\n",
      "done\n",
      "export A=",
      "|",
      "&",
      ";",
      "\n",
      "--port 1",
      "#",
      "if x; then\n",
      "fi\n",
      "f() {\n",
      "`",
      "<a>",
      "{A}",
      "services:\n",
      " - a: b\n",
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 30 }),
        fc.constantFrom("s.sh", "c.yaml", "d.md"),
        (pieces, name) => void importSetUp([{ name, text: pieces.join("") }], ask),
      ),
      { numRuns: 300 },
    );
  });
});
