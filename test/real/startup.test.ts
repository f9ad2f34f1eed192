import { createServer } from "node:net";
import { expect, it } from "vitest";
import { cluster } from "./cluster.ts";
import { lacking, titled, venv } from "./place.ts";
import { record } from "./startup-record.ts";

// What vLLM refuses at its start, and what the first card of `up` makes of it. Only prefill is a vLLM: decode is a stand-in, which is ready
// at once. A fault that pdctl would not write, and refuses, comes from a wrapper around vLLM, as sites have them.
const BASE = 28_000;
const SETTLED = ["--no-smoke", "--on-failure", "stop", "--set", "decode.kind=sim", "--set", "timeouts.stop=5s"];

interface Fault {
  readonly file: string;
  readonly loses: string;
  readonly set: readonly string[];
  readonly why: RegExp;
  readonly code: string;
  /** The topology's key that mends it. */
  readonly key: RegExp;
}

const wrapped = (words: string) => [
  `prefill.command=["sh", "-c", "exec ${venv}/bin/vllm \\"$@\\" ${words.replaceAll('"', '\\"')}", "vllm", "serve"]`,
];
const config = (json: string) => wrapped(`--kv-transfer-config '${json}'`);

const faults: readonly Fault[] = [
  {
    file: "unknown-flag",
    loses: "an argument that this vLLM does not know",
    set: wrapped("--enable-warp-drive"),
    why: /unrecognized arguments: --enable-warp-drive/,
    code: "unknown-flag",
    key: /prefill\.args/,
  },
  {
    file: "bad-choice",
    loses: "a value that an argument does not take",
    set: wrapped("--dtype float17"),
    why: /argument --dtype: invalid choice: 'float17'/,
    code: "bad-argument",
    key: /prefill\.args/,
  },
  {
    file: "kv-json",
    loses: "a KV configuration that is no JSON",
    set: config('{"kv_connector":"NixlConnector",'),
    why: /Invalid JSON: EOF while parsing/,
    code: "bad-kv-config",
    key: /kv\.transfer/,
  },
  {
    file: "kv-field",
    loses: "a field of the KV configuration that this vLLM does not have",
    set: config('{"kv_connector":"NixlConnector","kv_role":"kv_producer","bogus_field":1}'),
    why: /bogus_field/,
    code: "bad-kv-config",
    key: /kv\.transfer/,
  },
  {
    file: "kv-role",
    loses: "a role that no KV connector has",
    set: config('{"kv_connector":"NixlConnector","kv_role":"kv_prefill"}'),
    why: /Input should be 'kv_producer', 'kv_both' or 'kv_consumer'/,
    code: "bad-kv-config",
    key: /kv\.transfer/,
  },
  {
    file: "kv-no-role",
    loses: "a KV connector without a role",
    set: config('{"kv_connector":"NixlConnector"}'),
    why: /Please specify kv_role when kv_connector is set/,
    code: "bad-kv-config",
    key: /kv\.transfer/,
  },
  {
    file: "unknown-connector",
    loses: "a connector that this vLLM does not have",
    set: config('{"kv_connector":"WarpConnector","kv_role":"kv_both"}'),
    why: /Unsupported connector type: WarpConnector/,
    code: "unknown-connector",
    key: /kv\.transfer\.connector/,
  },
  {
    file: "hub-offline",
    loses: "a hub name where no hub can be asked",
    set: ["model.path=nobody/nothing"],
    why: /LocalEntryNotFoundError: Cannot find an appropriate cached snapshot/,
    code: "model-missing",
    key: /model\.path/,
  },
  {
    file: "no-model",
    loses: "a model that is on no disk, under a name like a path",
    set: ["model.path=no/such/model"],
    why: /HFValidationError: Repo id must be in the form/,
    code: "model-missing",
    key: /model\.path/,
  },
  {
    file: "kv-space",
    loses: "more KV space than the machine has memory",
    set: ["prefill.env.VLLM_CPU_KVCACHE_SPACE=100000"],
    why: /ValueError: Available memory on node 0 .* less than requested memory for kv \(100000.0 GiB\)/,
    code: "cpu-kv-memory",
    key: /env\.VLLM_CPU_KVCACHE_SPACE/,
  },
];

interface Card {
  readonly code?: string;
  readonly service?: string;
  readonly data: {
    readonly title: string;
    readonly why?: string | readonly string[];
    readonly cause?: string;
    readonly do?: readonly string[];
  };
}

/** The findings of `up`, first one first. */
const cards = (ndjson: string): readonly Card[] =>
  ndjson
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line))
    .filter(({ type, level }) => type === "finding" && level === "error");

function expectCard(card: Card | undefined, { why, code, key }: Omit<Fault, "set" | "loses" | "file">): void {
  expect(card).toMatchObject({ service: "prefill-0-0", code });
  expect([card?.data.why].flat().join("\n")).toMatch(why);
  expect(card?.data.do?.join("\n")).toMatch(key);
}

for (const fault of faults)
  it.skipIf(lacking !== undefined)(
    titled(`${fault.loses}: the first card has vLLM's own words and the key to change`),
    async () => {
      await using real = cluster(`real-${fault.file}`, BASE);
      const set = fault.set.flatMap((one) => ["--set", one]);
      const up = await real.pdctl("up", ...set, ...SETTLED, "--ndjson");
      await record(real, fault.file);
      expect(up.exit, up.lines.join("\n")).toBe(1);
      expectCard(cards(up.out)[0], fault);
    },
  );

it.skipIf(lacking !== undefined)(
  titled("a port that somebody takes after the check: the card names vLLM's error and who holds the port"),
  async () => {
    await using real = cluster("real-port", BASE);
    const taken = createServer();
    let said = "";
    const take = (text: string) => {
      said += text;
      if (taken.listening || !/"service":"prefill-0-0".*"state":"starting"/.test(said)) return;
      taken.listen({ port: Number(new URL(real.prefill).port), host: "127.0.0.1" }); // vLLM needs seconds until it wants it
    };
    const up = await real.pdctlHeard(take, "up", ...SETTLED, "--ndjson");
    taken.close();
    await record(real, "port-taken");
    expect(up.exit, up.lines.join("\n")).toBe(1);
    const [card] = cards(up.out);
    expectCard(card, { why: /\[Errno 98\] Address already in use/, code: "port-taken", key: /prefill\.port/ });
    expect(card?.data.cause).toMatch(/^28100 is held by node \(pid \d+, user \S+\)$/);
  },
);
