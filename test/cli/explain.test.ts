import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cardPage, cardPages } from "../../src/report/pages/card-pages.ts";
import { namedCode } from "../../src/report/pages/error-text.ts";
import { run } from "./run-pdctl.ts";

const root = join(import.meta.dirname, "../..");
const written = new Set(readdirSync(join(root, "docs/explain")).map((name) => name.replace(/\.md$/, "")));

describe("explain", () => {
  it("prints the page of a rule, whatever its case", async () => {
    const { exit, out } = await run(["explain", "p03"]);
    expect([exit, out]).toEqual([0, readFileSync(join(root, "docs/explain/P03.md"), "utf8")]);
  });

  it("lists every code without one: rules with level and stage, then the others", async () => {
    const { exit, lines } = await run(["explain"]);
    expect(exit).toBe(0);
    expect(lines[0]).toMatch(/^rules \(\d+\)$/);
    expect(lines).toContainEqual(
      expect.stringMatching(/^ {2}P03 {2}error {4}topology, facts {2}An instance needs more/),
    );
    const listed = new Set(lines.flatMap((line) => /^ {2}(\S+)/.exec(line)?.[1] ?? []));
    expect([...written, ...Object.keys(cardPages)].filter((code) => !listed.has(code))).toEqual([]);
  });

  it("is a document, too: one code with its page, or all", async () => {
    const [one, all] = await Promise.all([run(["explain", "m02", "--json"]), run(["explain", "--json"])]);
    expect(JSON.parse(one.out)).toMatchObject({
      schema: "pdctl.code/1",
      code: "M02",
      level: "error",
      stages: ["facts"],
    });
    expect(JSON.parse(all.out).codes.length).toBeGreaterThan(150);
  });

  it("knows pdctl's own verdicts too", async () => {
    const { exit, lines } = await run(["explain", "auth"]);
    expect([exit, lines[0], lines.at(-1)]).toEqual([
      0,
      "auth  verdict  found when pdctl logs in",
      "Related  unreachable no SSH server answered",
    ]);
  });

  it("says which codes are like one that it does not know", async () => {
    const { exit, err } = await run(["explain", "devise-memory"]);
    expect([exit, err.split("\n")[0]]).toEqual([2, "✖ unknown code devise-memory; did you mean device-memory?"]);
    const further = await run(["explain", "prt-takn"]);
    expect(further.err.split("\n")[0]).toBe("✖ unknown code prt-takn; did you mean port-taken?");
  });

  it("has a page for every error that a card shows in brackets", () => {
    const codes = [
      "node.unreachable",
      "node.login-refused",
      "node.host-key-unknown",
      "node.host-key-changed",
      "node.silent",
      "node.lost",
    ].map(namedCode);
    expect(codes.filter((code) => cardPage(code) === undefined)).toEqual([]);
  });

  it("has a page for every code that a verb puts on a card", () => {
    const cluster = join(root, "src/cluster");
    const text = readdirSync(cluster, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => readFileSync(join(cluster, name), "utf8"))
      .join("\n");
    const codes = [
      ...text.matchAll(/finding\([^;]*?, "([a-z]+(?:-[a-z]+)*)"/g),
      ...text.matchAll(/readonly kind: ((?:"[a-z-]+"(?: \| )?)+)/g),
    ]
      .flatMap(([, found = ""]) => found.replaceAll('"', "").split(" | "))
      .filter((code) => code.includes("-"));
    expect(codes.length).toBeGreaterThan(5);
    expect(codes.filter((code) => cardPage(code) === undefined && !written.has(code))).toEqual([]);
  });

  it("does not have two pages for one code, and every related code is known", () => {
    expect(Object.keys(cardPages).filter((code) => written.has(code))).toEqual([]);
    const related = Object.values(cardPages).flatMap(
      (page) => page.related?.split(" · ").map((entry) => entry.split(" ")[0]) ?? [],
    );
    expect(
      related.filter((code) => code === undefined || (cardPage(code) === undefined && !written.has(code))),
    ).toEqual([]);
  });
});
