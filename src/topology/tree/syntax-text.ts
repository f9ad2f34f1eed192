import type { YAMLError } from "yaml";
import type { Remark } from "../findings/remark.ts";

/** What a YAML error says to somebody who never read the YAML specification. */
export function syntaxText({ code, message }: YAMLError): Pick<Remark, "code" | "title" | "remedy"> {
  const [title, ...remedy] = unclosed(message) ??
    texts[code] ?? [`not YAML: ${message.split("\n")[0] ?? code}`, "quote the text, or mend the line above"];
  return { code: code === "RESOURCE_EXHAUSTION" ? "limits" : "yaml-syntax", title, remedy };
}

const texts: { readonly [Code in YAMLError["code"]]?: readonly [string, ...string[]] } = {
  UNEXPECTED_TOKEN: [
    "something follows where a value has ended",
    "quote the value; in braces and brackets also one with ${NAME} or a comma in it",
  ],
  TAB_AS_INDENT: ["a tab was used to indent", "indent with spaces"],
  BAD_INDENT: ["the indentation fits no line above", "indent the keys of one map by the same number of spaces"],
  MULTIPLE_DOCS: ["a second document begins", "one topology per file: take out ---"],
  BAD_ALIAS: ["an alias has no name", 'quote a text that begins with *: "*…"'],
  BAD_DQ_ESCAPE: ["an escape that YAML does not know", "write \\\\ for a backslash, or use single quotes"],
  BAD_SCALAR_START: ["a text begins with a character that YAML keeps for itself", "quote the text"],
  BLOCK_AS_IMPLICIT_KEY: ["a second key stands on the line of the first", "one key per line, or all of them in { }"],
  BLOCK_IN_FLOW: ["indented lines stand inside brackets", "write it within the brackets, or take the brackets away"],
  MULTILINE_IMPLICIT_KEY: [
    "a key runs over more than one line",
    "put a : after the key, or close the bracket or quote before it",
  ],
  TAG_RESOLVE_FAILED: ["a YAML tag has no meaning here", 'take it out; quote a text that begins with !: "!…"'],
  BAD_COLLECTION_TYPE: ["a YAML tag has no meaning here", "take it out"],
  MULTIPLE_TAGS: ["a YAML tag has no meaning here", "take it out"],
  BAD_DIRECTIVE: ["a line begins with %", 'quote a text that begins with %: "%…"'],
  RESOURCE_EXHAUSTION: ["the file is nested too deep", "a topology needs ten levels at most"],
};

/** Quotes and brackets that never end; the library says so under several codes. */
function unclosed(message: string): readonly [string, string] | undefined {
  if (/closing .*quote/.test(message)) return ["a quote is not closed", "close it on its line"];
  const [, bracket] = /end with an? ([\]}])/.exec(message) ?? [];
  return bracket === undefined ? undefined : [`a ${bracket} is missing`, `close the bracket: ${bracket}`];
}
