import { expect, it } from "vitest";
import { grantDevices } from "../../src/plan/claims/devices.ts";

const pools = new Map([
  ["n0", ["0", "1", "2", "3"]],
  ["n1", ["GPU-a", "GPU-b"]],
]);

it("engines of one node get the next free devices in the order of the file", () => {
  const claims = [
    { node: "n0", count: 2 },
    { node: "n1", count: 1 },
    { node: "n0", count: 1 },
    { node: "n0", count: 1 },
  ];
  expect(grantDevices(claims, pools)).toEqual([["0", "1"], ["GPU-a"], ["2"], ["3"]]);
});

it("pinned devices are given as written, and who comes later does not get them", () => {
  const claims = [
    { node: "n0", count: 2, pinned: ["1", "2"] },
    { node: "n0", count: 2 },
  ];
  expect(grantDevices(claims, pools)).toEqual([
    ["1", "2"],
    ["0", "3"],
  ]);
});

it("an engine never gets a device that the node does not have", () => {
  expect(
    grantDevices(
      [
        { node: "n1", count: 3 },
        { node: "n2", count: 1 },
      ],
      pools,
    ),
  ).toEqual([["GPU-a", "GPU-b"], []]);
});
