import { readdir, readFile } from "node:fs/promises";
import { type Command, Option } from "commander";
import { UserError } from "../../errors.ts";
import { type Call, does } from "../edge/call.ts";
import { EXIT } from "../edge/exit-codes.ts";
import { root } from "../edge/package.ts";
import { helped } from "../usage/help.ts";
import { common } from "../usage/options.ts";

interface Options {
  readonly markdown?: true;
}

export const explain = (program: Command) =>
  does<Options>(
    helped(
      common(program.command("explain").argument("[code]").argument("[name]")).addOption(
        new Option("--markdown", "the list of rules as a page: docs/rules.md").hideHelp(),
      ),
      {
        sentence: "What a code means, and what to do: a rule (P03), a cause, a verdict (auth). Without one: all.",
        after: ["pdctl explain hardware gb200   what an accelerator is given by itself, and how to change it"],
      },
    ),
    async (call) => {
      const [code, subject] = call.args;
      if (code === undefined) return list(call);
      if (code === "hardware") return accelerators(call, subject);
      const { cardPage, cardPages } = await import("../../report/pages/card-pages.ts");
      const written = await writtenCodes();
      const known = [...written, ...Object.keys(cardPages)];
      const name = known.find((one) => one.toLowerCase() === code.toLowerCase());
      if (name === undefined)
        throw new UserError("usage", {
          what: `unknown code ${code}${await meant(code, known)}`,
          next: "pdctl explain",
        });
      const lines = (written.includes(name) ? await page(name) : cardPage(name)) ?? [];
      if (call.options.json === true) {
        const { codeRow } = await import("../../report/pages/codes.ts");
        const { catalogue } = await import("../../plan/catalogue.ts");
        const row = codeRow(lines, catalogue().get(name) ?? []);
        call.streams.out.raw(
          `${JSON.stringify({ schema: "pdctl.code/1", ...row, page: lines.join("\n") }, null, 2)}\n`,
        );
      } else call.streams.out.lines(lines);
      return EXIT.done;
    },
  );

async function accelerators({ streams: { out } }: Call<Options>, name: string | undefined): Promise<number> {
  const [{ hardwarePage, hardwareList }, { hardware }] = await Promise.all([
    import("../../report/pages/hardware-page.ts"),
    import("../../hardware/index.ts"),
  ]);
  const one = hardware.get(name ?? "");
  if (name !== undefined && one === undefined)
    throw new UserError("usage", { what: `unknown hardware ${name}`, next: "pdctl explain hardware" });
  out.lines(one === undefined ? hardwareList([...hardware.values()]) : hardwarePage(one));
  return EXIT.done;
}

async function list({ options, streams: { out } }: Call<Options>): Promise<number> {
  const [{ codeLines, codePage }, rows] = await Promise.all([import("../../report/pages/codes.ts"), codeRows()]);
  if (options.json === true) out.raw(`${JSON.stringify({ schema: "pdctl.codes/1", codes: rows }, null, 2)}\n`);
  else if (options.markdown === true) out.raw(`${codePage(rows).join("\n")}\n`);
  else out.lines(codeLines(rows));
  return EXIT.done;
}

/** Every code there is, with its line. */
export async function codeRows() {
  const [{ cardPage, cardPages }, { codeRow }, { catalogue }, written] = await Promise.all([
    import("../../report/pages/card-pages.ts"),
    import("../../report/pages/codes.ts"),
    import("../../plan/catalogue.ts"),
    writtenCodes(),
  ]);
  const stages = catalogue();
  const pages = await Promise.all(written.map(page));
  const verdicts = Object.keys(cardPages)
    .toSorted((a, b) => (a < b ? -1 : 1))
    .map((code) => cardPage(code) ?? []);
  return [...pages, ...verdicts].map((lines) => codeRow(lines, stages.get(lines[0]?.split("  ")[0] ?? "") ?? []));
}

const pages = new URL("docs/explain/", root);

const writtenCodes = async (): Promise<readonly string[]> =>
  (await readdir(pages))
    .flatMap((name) => (name.endsWith(".md") ? [name.slice(0, -3)] : []))
    .toSorted((a, b) => (a < b ? -1 : 1));

const page = async (code: string): Promise<readonly string[]> =>
  (await readFile(new URL(`${code}.md`, pages), "utf8")).trimEnd().split("\n");

/** Codes that differ in one letter, else the word that is nearest. */
async function meant(code: string, known: readonly string[]): Promise<string> {
  const { near } = await import("../../words/near.ts");
  const differing = (one: string) =>
    [...one].filter((letter, at) => letter.toLowerCase() !== code[at]?.toLowerCase()).length;
  const like = known.filter((one) => one.length === code.length && differing(one) === 1);
  const nearest = near(code, known);
  const names = like.length > 0 ? like.slice(0, 3) : nearest === undefined ? [] : [nearest];
  return names.length === 0 ? "" : `; did you mean ${names.join(", ")}?`;
}
