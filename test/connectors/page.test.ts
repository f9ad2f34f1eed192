import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { connectors } from "../../src/connectors/index.ts";
import { buffers } from "../../src/connectors/nixl/rules/hardware.ts";
import { proxies } from "../../src/proxies/index.ts";

const page = readFileSync(new URL("../../docs/connectors.md", import.meta.url), "utf8");
const rows = new Map(
  [...page.matchAll(/^\| `([\w-]+)` \| (.*) \|$/gm)].map(
    ([, name = "", cells = ""]) => [name, cells.split(" | ")] as const,
  ),
);

it("docs/connectors.md has a row for every connector, and for no other", () => {
  expect(new Set(rows.keys())).toEqual(new Set(connectors.keys()));
});

it.each([...connectors])(
  "its row of %s says where it may stand, what it runs on and who speaks to it",
  (name, { uses, hardware }) => {
    const [under = "", on = "", ports = "", kinds = ""] = rows.get(name) ?? [];
    expect(under.split(", ")).toEqual([...uses]);
    const families = hardware ?? { nixl: Object.keys(buffers), ucm: ["cuda", "ascend"] }[name] ?? ["any"];
    expect(on.split(", ")).toEqual([...families]);
    const speak = Object.values(proxies).filter((kind) => kind.speaks.includes(name));
    const listed =
      kinds
        .split(";")[0]
        ?.split(", ")
        .filter((kind) => kind !== "-") ?? [];
    expect(listed).toEqual(speak.map((kind) => kind.name));
    expect(ports).not.toBe("");
  },
);
