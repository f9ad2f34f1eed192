import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ink, redactor, twins } from "../../src/report/text/ink.ts";
import { width } from "../../src/report/text/width.ts";

const plain = { columns: Number.POSITIVE_INFINITY, ascii: false, colour: false, redact: (text: string) => text };

describe("a line in a stream's ink", () => {
  it("has the same columns in ASCII", () => {
    const line = "✔ a · b → c │ d × e … f – g ✖ ⚠ ?";
    expect(twins(line)).toBe("v a . b > c | d x e ~ f - g x ! ?");
    expect(width(twins(line))).toBe(width(line));
  });
  it("is readable without its colour: only escapes are added", () => {
    const { line } = ink({ ...plain, colour: true });
    for (const text of [
      "✔ connect   4 of 4 nodes          0.9s",
      "✖ prefill-0 died",
      "  ✖ C13  a2-2",
      "? n228",
      "plain",
    ])
      expect(line(text).replace(/\x1b\[\d+m/g, "")).toBe(text);
    expect(line("✖ x")).toBe("\x1b[31m✖\x1b[39m x");
    expect(line("✔ x")).toBe("\x1b[32m✔\x1b[39m x");
    expect(line("⚠ x")).toBe("\x1b[33m⚠\x1b[39m x");
  });
  it("is cut to the terminal and never to a pipe", () => {
    const long = "x".repeat(200);
    expect(ink({ ...plain, columns: 40 }).line(long)).toBe(`${"x".repeat(39)}…`);
    expect(ink({ ...plain, columns: 40, ascii: true }).line(long)).toBe(`${"x".repeat(39)}~`);
    expect(ink(plain).line(long)).toBe(long);
  });
  it("never cuts a command that is to be pasted", () => {
    const { line } = ink({ ...plain, columns: 30 });
    expect(line("  next    pdctl status local · pdctl down local").split("\n")).toEqual([
      "  next    pdctl status local",
      "          pdctl down local",
    ]);
    expect(line("          pdctl plan --explain prefill-0-2")).toBe("          pdctl plan --explain prefill-0-2");
    expect(line("          pdctl down    takes them down")).toBe("          pdctl down    takes…");
  });
  it("keeps the duration or the code at its end where the terminal is narrow, and cuts the text before it", () => {
    const { line } = ink({ ...plain, columns: 40 });
    expect(line("→ engines   2 of 8 ready                                  2m 36s / 15m")).toBe(
      "→ engines   2 of 8 ready    2m 36s / 15m",
    );
    for (const text of ["2m 36s / 15m", "0.3s", "[device-memory]"])
      expect(line(`${"x".repeat(50)}   ${text}`)).toMatch(new RegExp(`…  ${text.replace(/[[\]]/g, "\\$&")}$`));
  });
  it("cannot drive the terminal", () => {
    expect(ink(plain).line("a\x1b[2Jb\rc\u009bd")).toBe("a [2Jb c d");
  });
});

describe("a secret", () => {
  it("is *** in every place, however it is escaped, and half of one is never left by a cut", () => {
    const hide = redactor(['tok"en\n12345', "hf_abcdef"]);
    expect(hide("x hf_abcdef y hf_abcdefg")).toBe("x *** y ***g");
    expect(hide(JSON.stringify({ a: 'tok"en\n12345' }))).toBe('{"a":"***"}');
    expect(ink({ ...plain, columns: 12, redact: hide }).line("key hf_abcdef end of it")).toBe("key *** end…");
  });
  it("is gone whatever stands around it", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 6 }), fc.string(), fc.string(), (secret, before, after) => {
        fc.pre(!"***".includes(secret) && secret.trim().length >= 6 && !before.includes("*") && !after.includes("*"));
        expect(redactor([secret])(`${before}${secret}${after}`).includes(secret)).toBe(false);
      }),
    );
  });
});
