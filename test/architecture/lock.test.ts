import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

interface Entry {
  readonly version: string;
  readonly resolved?: string;
  readonly hasInstallScript?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const read = (name: string) => JSON.parse(readFileSync(join(import.meta.dirname, "../..", name), "utf8"));
const { packages }: { packages: Readonly<Record<string, Entry>> } = read("package-lock.json");
const { dependencies, devDependencies, scripts }: Required<Entry> & { scripts: Record<string, string> } =
  read("package.json");

describe("package-lock.json", () => {
  it("installs from the registry of whoever installs: no entry says where it came from", () => {
    expect(Object.entries(packages).filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
  });

  it("has an entry for every platform, or npm ci refuses it (scripts/complete-lock.mjs puts them in)", () => {
    const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter(
        (name) => !(`${path}/node_modules/${name}` in packages) && !(`node_modules/${name}` in packages),
      ),
    );
    expect(missing).toEqual([]);
  });

  it("agrees with package.json, which pins every version exactly", () => {
    const { "": root } = packages;
    expect({ dependencies: root?.dependencies, devDependencies: root?.devDependencies }).toEqual({
      dependencies,
      devDependencies,
    });
    const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(
      ([, version]) => !/^\d+\.\d+\.\d+$/.test(version),
    );
    expect(loose).toEqual([]);
  });

  it("needs no install script, neither ours nor anybody's", () => {
    expect(Object.keys(scripts).filter((name) => /^(pre|post)?install$|^prepare$/.test(name))).toEqual([]);
    const built = Object.entries(packages).filter(([, { hasInstallScript }]) => hasInstallScript === true);
    // esbuild's only checks its own binary; ssh2 and cpu-features are faster with theirs, and work without
    expect(built.map(([path]) => path.replace("node_modules/", ""))).toEqual(["cpu-features", "esbuild", "ssh2"]);
  });
});
