import { describe, expect, it } from "vitest";
import type { Answer } from "../client.ts";
import type { Dialect } from "../fake/cluster.ts";
import type { Meant } from "../fake/meant.ts";
import { type House, inHouse } from "../house.ts";
import { type Outcome, type WireFault, wireFaults } from "./wire-faults.ts";

const WHOLE = '{"model":"m","prompt":"one two three","max_tokens":4}';
const STREAM = '{"model":"m","prompt":"one two three","max_tokens":4,"stream":true}';
type Client = "undici" | "sockets";
/** Each family with one of the clients towards engines, the first one with both. */
const GROUPS: readonly { readonly dialect: Dialect; readonly client: Client; readonly atOnce?: true }[] = [
  { dialect: "nixl", client: "undici" },
  { dialect: "nixl", client: "sockets" },
  { dialect: "mooncake-ascend", client: "sockets" },
  { dialect: "ucm", client: "undici" },
  // at once it is a race which of a fault at prefill and decode's answer is seen first: contract/together.ts stops one of the two
  { dialect: "mooncake", client: "undici", atOnce: true },
  { dialect: "layerwise", client: "sockets", atOnce: true },
  { dialect: "nixl-push", client: "sockets", atOnce: true },
  { dialect: "moriio-write", client: "sockets", atOnce: true },
  { dialect: "moriio-read", client: "sockets" },
];
const LEGS = [
  { leg: "prefill", role: "prefill", raw: WHOLE },
  { leg: "whole", role: "decode", raw: WHOLE },
  { leg: "stream", role: "decode", raw: STREAM },
] as const;
type Leg = (typeof LEGS)[number];

/** Each fault strikes the first request of its leg, once; what the client sees is the same whatever the family. */
for (const { dialect, client, atOnce } of GROUPS)
  for (const leg of LEGS.filter(({ role }) => role === "decode" || !atOnce))
    describe(`${dialect}, ${client}, ${leg.role}${leg.role === "decode" ? `, ${leg.leg}` : ""}: what a client sees of an engine's`, () => {
      it.each(
        wireFaults
          .filter(({ what }) => dialect === "nixl" || !STANDS.test(what))
          .map((fault) => [fault.what, fault] as const),
      )("%s", (_, fault) => strike({ dialect, client }, leg, fault));
    });

const NOTHING = Buffer.alloc(0);
const STANDS = /never ends|stands still/; // half a second each, and no family has times of its own
const SHORT = { prefill_timeout_seconds: 0.5, first_byte_timeout_seconds: 0.5, idle_timeout_seconds: 0.5 };

async function strike(
  { dialect, client }: { dialect: Dialect; client: Client },
  { leg, role, raw }: Leg,
  fault: WireFault,
): Promise<void> {
  const config = { upstream: client, ...(STANDS.test(fault.what) && SHORT) };
  const outcome = (client === "sockets" && fault.sockets ? fault.sockets : fault)[leg];
  await inHouse({ dialect, config }, async (house) => {
    let put: Meant | undefined;
    const play: WireFault["play"] = (socket, meant) => {
      put = meant;
      return fault.play(socket, meant);
    };
    house.cluster.role(role)[0]?.faults.push({ kind: "wire", play });
    const answer = await house.send(raw, { id: "x" });
    const body = put && fault.body ? fault.body(put) : NOTHING;
    const isRead = dialect !== "ucm" || outcome !== "missing"; // where nothing is carried, nobody reads prefill's words
    check(house, { outcome: isRead ? outcome : "well", answer, raw, put, body });
    house.cluster.registry.expire(); // what a prefill held whose answer was lost
    expect(await house.send(raw)).toMatchObject({ status: 200, whole: true }); // nothing of it hangs on
  });
}

interface Case {
  readonly outcome: Outcome;
  readonly answer: Answer;
  readonly raw: string;
  readonly put: Meant | undefined;
  readonly body: Buffer;
}

function check(house: House, { outcome, answer, raw, put, body }: Case): void {
  const attempts = house.cluster.engines.flatMap(({ ids }) => ids).filter((id) => id.startsWith("x"));
  const again = attempts.some((id) => id !== "x");
  const error = answer.headers["x-pdctl-error"];
  if (outcome === "well" || outcome === "again") {
    expect(answer).toMatchObject({ status: 200, whole: true });
    expect(textOf(answer.text)).toBe(house.cluster.answerTo("/v1/completions", raw, 4));
  } else if (outcome === "as-is") {
    expect(answer).toMatchObject({ status: 200, whole: true });
    expect(answer.headers["x-engine"]).toBe("w");
    expect(answer.bytes.equals(body)).toBe(true);
  } else if (outcome === "cut") {
    expect(answer).toMatchObject({ status: 200, whole: false });
    const at = answer.bytes.lastIndexOf('\n\ndata: {"error":');
    expect(at, answer.text).toBeGreaterThan(0);
    expect(put?.body.subarray(0, at).equals(answer.bytes.subarray(0, at))).toBe(true);
  } else {
    const wanted = {
      broke: "502 target.broke",
      late: /^504 target\.(slow|silent)$/,
      missing: "502 kv.missing",
    } as const;
    expect(`${answer.status} ${error}`).toMatch(wanted[outcome]);
    expect(answer.whole).toBe(true);
  }
  expect(again, `attempts ${attempts}`).toBe(outcome === "again");
}

/** The text of a completion, or of all events of a stream. */
const textOf = (text: string): string =>
  text.startsWith("{")
    ? JSON.parse(text).choices[0].text
    : text
        .split(/\r?\n/)
        .filter((line) => line.startsWith("data: {"))
        .map((line) => JSON.parse(line.slice(6)).choices[0]?.text ?? "")
        .join("");
