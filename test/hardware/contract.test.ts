import { describe, expect, it } from "vitest";
import { hardware } from "../../src/hardware/index.ts";

describe.each([...hardware])("%s", (name, one) => {
  it("is found under its own name", () => {
    expect(one.name).toBe(name);
  });

  it("leaves out what it does not have, instead of setting it to an empty text", () => {
    for (const value of Object.values(one.env)) {
      if (typeof value === "string") expect(value).not.toBe("");
      else expect([...value.prepend, ...value.append]).not.toContain("");
    }
  });

  it("never decides a variable twice", () => {
    const set = [
      ...one.interfaces,
      ...one.addresses,
      ...(one.visibility ? [one.visibility] : []),
      ...(one.alsoVisibility ?? []),
    ];
    expect(new Set(set).size).toBe(set.length);
    for (const variable of set) expect(Object.keys(one.env)).not.toContain(variable);
  });

  it("names a buffer device that connectors can use", () => {
    expect(one.kvBufferDevices).toContain("cpu");
  });

  it("gives each device its own container flags, and never chooses devices twice", () => {
    const flags = one.container(["0", "1"]);
    expect(flags.filter((flag) => flag === one.visibility)).toEqual([]);
    expect(flags.join(" ")).not.toMatch(/device=\d/);
  });

  it("knows each of its causes by one name, with something to do about it", () => {
    expect(new Set(one.causes.map(({ id }) => id)).size).toBe(one.causes.length);
    for (const { remedy } of one.causes) expect(remedy.length).toBeGreaterThan(0);
  });
});
