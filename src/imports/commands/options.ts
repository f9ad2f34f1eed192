import type { Field } from "../shell/text.ts";

/** A flag of a program whose parser is not known here: all words up to the next one are its values. */
export interface Option {
  readonly name: string;
  readonly flag: Field;
  readonly values: readonly Field[];
}

/** Words that belong to no flag come first; `--a=b` and `--a b` are the same. */
export function optionsOf(fields: readonly Field[]): {
  readonly options: readonly Option[];
  readonly words: readonly Field[];
} {
  const options: { name: string; flag: Field; values: Field[] }[] = [];
  const words: Field[] = [];
  for (const field of fields) {
    const [, name, inline] = /^--([A-Za-z][\w.-]*)(?:=(.*))?$/s.exec(field.text) ?? [];
    if (name !== undefined)
      options.push({
        name: name.replaceAll("_", "-"),
        flag: field,
        values: inline === undefined ? [] : [{ ...field, text: inline }],
      });
    else (options.at(-1)?.values ?? words).push(field);
  }
  return { options, words };
}
