import { readdir, readFile } from "node:fs/promises";
import type { Command } from "commander";
import { UserError } from "../errors.ts";
import { does } from "./call.ts";
import { EXIT } from "./exit-codes.ts";
import { helped } from "./help.ts";
import { common } from "./options.ts";
import { root } from "./package.ts";

export const explain = (program: Command) =>
  does(
    helped(common(program.command("explain").argument("<code>").argument("[name]"), { document: false }), {
      sentence: "What a code means, and what to do: a rule (P03), a cause or a verdict (device-memory, auth).",
      after: ["pdctl explain hardware gb200   what an accelerator is given by itself, and how to change it"],
    }),
    async ({ args: [code = "", subject], streams: { out } }) => {
      if (code === "hardware") {
        const [{ hardwarePage, hardwareList }, { hardware }] = await Promise.all([
          import("../report/hardware-page.ts"),
          import("../hardware/index.ts"),
        ]);
        const one = hardware.get(subject ?? "");
        if (subject !== undefined && one === undefined)
          throw new UserError("usage", { what: `unknown hardware ${subject}`, next: "pdctl explain hardware" });
        out.lines(one === undefined ? hardwareList([...hardware.values()]) : hardwarePage(one));
        return EXIT.done;
      }
      const { cardPage, cardPages } = await import("../report/card-pages.ts");
      const pages = new URL("docs/explain/", root);
      const written = (await readdir(pages)).filter((name) => name.endsWith(".md")).map((name) => name.slice(0, -3));
      const known = [...written, ...Object.keys(cardPages)];
      const name = known.find((one) => one.toLowerCase() === code.toLowerCase());
      if (name === undefined)
        throw new UserError("usage", { what: `unknown code ${code}${near(code, known)}`, next: "pdctl explain P03" });
      const text = written.includes(name) ? await readFile(new URL(`${name}.md`, pages), "utf8") : undefined;
      out.lines(text?.trimEnd().split("\n") ?? cardPage(name) ?? []);
      return EXIT.done;
    },
  );

/** Codes that differ in one letter. */
function near(code: string, known: readonly string[]): string {
  const differing = (one: string) =>
    [...one].filter((letter, at) => letter.toLowerCase() !== code[at]?.toLowerCase()).length;
  const like = known.filter((one) => one.length === code.length && differing(one) === 1);
  return like.length === 0 ? "" : `; did you mean ${like.slice(0, 3).join(", ")}?`;
}
