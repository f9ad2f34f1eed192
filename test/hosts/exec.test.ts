import { expect, it } from "vitest";
import { hosts } from "./lab.ts";
import { topology, two } from "./one-p-one-d.ts";
import { start } from "./pdctl.ts";

it("a command runs on every node that answers, while one of them is silent, and that one is named", async () => {
  await using lab = await hosts(two);
  await using _silent = await lab.host("n0").block();
  const patient = topology("patient", { ssh: "{ connect_timeout: 10m }" });
  await using waiting = start(["exec", patient, "--", "echo", "answered"]);
  await waiting.until(/n1 │ answered/); // long before the ten minutes for n0 are over
  waiting.kill("SIGINT");
  await waiting.ended;
  await using short = start(["exec", topology("short", { ssh: "{ connect_timeout: 1s }" }), "--", "echo", "answered"]);
  const ended = await short.ended;
  expect(ended.code).toBe(5);
  expect(ended.stdout).toBe("n1 │ answered\n");
  expect(ended.stderr).toMatch(/n0/);
  expect(lab.leftovers()).toEqual([]);
});
