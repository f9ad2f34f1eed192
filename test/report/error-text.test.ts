import { describe, expect, it } from "vitest";
import { type ErrorCode, type ErrorFacts, UserError } from "../../src/errors.ts";
import { errorsCard, errorText, namedCode } from "../../src/report/pages/error-text.ts";
import { card } from "../../src/report/text/card.ts";
import { screen } from "./story.ts";

const node = { node: "n03", address: "ubuntu@10.0.0.13:22" };
const facts: ErrorFacts = {
  usage: { what: "unknown option --x", next: "pdctl up --help" },
  "file.unreadable": { file: "x.yaml", why: "there is no such file" },
  "topology.missing": { looked: ["./cluster.yaml"] },
  "topology.invalid": { file: "x.yaml", first: "x.yaml:3: y" },
  "plan.invalid": { file: "plan.json", why: "it is no JSON" },
  "plan.drifted": { file: "plan.json", drifts: [{ node: "n03", fact: "vllm", was: "0.32.0", is: "0.33.0" }] },
  "secret.missing": { names: ["HF_TOKEN"] },
  "secret.short": { names: ["PIN"], least: 4 },
  "node.unreachable": { ...node, afterMs: 10_000, why: "connect ETIMEDOUT" },
  "node.login-refused": {
    ...node,
    port: 22,
    user: "ubuntu",
    why: "Permission denied (publickey)",
    offered: ["~/.ssh/id_ed25519"],
  },
  "node.host-key-unknown": {
    ...node,
    port: 22,
    type: "ed25519",
    fingerprint: "SHA256:Lk0c",
    looked: ["~/.ssh/known_hosts"],
  },
  "node.host-key-changed": {
    ...node,
    port: 22,
    type: "ed25519",
    offered: "SHA256:Lk0c",
    known: "SHA256:9vXq",
    where: "~/.ssh/known_hosts:41",
  },
  "node.silent": { ...node, awaited: "answer", afterMs: 2500 },
  "node.lost": { ...node, why: "ECONNRESET" },
  "node.unfit": { node: "n03", why: "bash 3.2", remedy: "bash 4.2 or newer" },
  "node.command": { node: "n03", command: "tar", exit: 1, stderr: "no space\n" },
  "lock.held": {
    node: "n03",
    cluster: "x",
    holder: "li@build-07",
    verb: "up",
    since: "10:02:11Z",
    pid: 20117,
    heldMs: 192_000,
    silentMs: 1_000,
    wants: "down",
  },
  "lock.lost": { node: "n03", change: "stop prefill-0-0" },
  "lock.stalled": { stoodMs: 41_000 },
  "cluster.foreign": { cluster: "x", owner: "li@build-07", node: "n03" },
  "cluster.absent": { cluster: "x", host: "n03", known: ["y"] },
  "cluster.unnamed": { known: ["a", "b"] },
};
it("a lock that somebody holds reads as specified", () => {
  const held = {
    ...facts["lock.held"],
    node: "a2-1",
    cluster: "ascend-moe",
    link: "https://ci.example.org/job/4711",
    wants: "up",
  };
  const error = new UserError("lock.held", held);
  const lines = card(errorsCard([error]), { level: "error", code: namedCode(error.code) });
  expect(lines).toEqual(screen("up-locked"));
});

const codes = Object.keys(facts) as ErrorCode[];
const errorOf = (code: ErrorCode) => new UserError(code, facts[code]);

describe("an error that a user can act on", () => {
  it.each(codes)("%s has a title that blames nobody, and says what to do", (code) => {
    const text = errorText(errorOf(code));
    expect(text.title).not.toMatch(/failed to|unable|please|oops|invalid input|[!.]$/i);
    expect(
      [...(text.do ?? []), ...(text.next ?? []), ...(text.why === undefined ? [] : ["why"])].length,
    ).toBeGreaterThan(0);
  });

  it("of a refused login is a card with the class of trouble", () => {
    expect(card(errorsCard([errorOf("node.login-refused")]), { code: namedCode("node.login-refused") })).toEqual([
      "✖ login refused on n03",
      "  where   n03 (10.0.0.13), as ubuntu, port 22",
      "  why     Permission denied (publickey); offered ~/.ssh/id_ed25519",
      `  cause   ${"the node does not know any key that was offered".padEnd(78)}[auth]`,
      "  do      ssh-copy-id ubuntu@10.0.0.13, or ssh.identity_file for the node",
    ]);
  });

  it("on several nodes is one card with the nodes folded", () => {
    const other = new UserError("node.login-refused", { ...facts["node.login-refused"], node: "n11" });
    expect(errorsCard([errorOf("node.login-refused"), other])).toMatchObject({
      title: "login refused on n[03,11]",
      where: "2 nodes, as ubuntu, port 22",
      subjects: ["n03", "n11"],
    });
    const key = new UserError("node.host-key-unknown", { ...facts["node.host-key-unknown"], node: "n04" });
    expect(errorsCard([errorOf("node.host-key-unknown"), key]).title).toBe("host keys of n[03-04] are not known");
  });
});
