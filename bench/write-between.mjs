import { readFile, writeFile } from "node:fs/promises";

/** Puts the text between the marks that name the command: `<!-- node COMMAND --write -->` and `<!-- end of COMMAND -->`. */
export async function writeBetween(file, command, text) {
  const [open, close] = [`<!-- node ${command} --write -->`, `<!-- end of ${command} -->`];
  const page = await readFile(file, "utf8");
  const [before, rest] = page.split(open);
  const after = rest?.split(close)[1];
  if (before === undefined || after === undefined) throw new Error(`${file} has no ${open} … ${close}`);
  await writeFile(file, `${before}${open}\n\n${text}\n\n${close}${after}`);
}
