import type { AloneReason } from "../../../src/proxy/body/ask.ts";
import { openBooks } from "../../../src/proxy/books/books.ts";
import { type Fault, statusOf } from "../../../src/proxy/errors.ts";
import { matrix, type Remedy } from "../../../src/proxy/legs/retry-matrix.ts";
import { settings } from "../../../src/proxy/settings/index.ts";
import { type Key, TOPICS } from "../../../src/proxy/settings/setting.ts";
import { usualOf } from "../../../src/proxy/settings/usual.ts";

const row = (...cells: readonly string[]) => `| ${cells.join(" | ")} |`;
const table = (head: readonly string[], rows: readonly string[]) =>
  [row(...head), row(...head.map(() => "---")), ...rows].join("\n");
const code = (text: string) => `\`${text}\``;

const keys = Object.keys(settings).filter((key): key is Key => key in settings);

/** Every key of the config, topic by topic. */
export function keysTable(): string {
  const rows = Object.entries(TOPICS).flatMap(([topic, title]) => {
    const mine = keys.filter((key) => settings[key].topic === topic);
    return mine.length === 0 ? [] : [row(`**${title}**`, "", "", ""), ...mine.map(keyRow)];
  });
  return table(["key", "flag", "what it says", "usually"], rows);
}

function keyRow(key: Key): string {
  const { flags, says, check, unset } = settings[key];
  const [flag] = flags;
  const usual = usualOf(key);
  const values =
    check.words === undefined || check.words.length < 2 ? "" : ` One of ${check.words.map(code).join(", ")}.`;
  return row(code(key), code(`--${flag}`), `${says}${values}`, usual === undefined ? (unset ?? "needed") : code(usual));
}

/** Every metric, in the order in which /metrics has them. */
export function metricsTable(): string {
  const books = openBooks(() => [], {
    now: () => 0,
    policies: { prefill: "round_robin", decode: "round_robin" },
  });
  books.close();
  const rows = books
    .describe()
    .map(({ name, type, labels, help }) => row(code(name), type, labels.map(code).join(" "), help));
  return table(["metric", "type", "labels", "what it counts"], rows);
}

const FAILURES: Readonly<Record<string, string>> = {
  connect: "the connection is refused, or not there in time",
  idle_closed: "the connection had been idle, and the engine closed it as the request came",
  silent: "the request was taken, and the connection ended before the head of an answer",
  broken: "a stream's head came and nothing else",
  timeout: "no answer in time",
  error_event: "the stream begins with an error that is the engine's own",
  no_kv: "prefill answered without KV, and `on_missing_kv` says retry",
  stale: "the ticket went stale, or `handoff_timeout_seconds` was over, before decode was asked",
};

const placeOf = ({ next, orSame }: Remedy) => {
  if (next === "restart") return "both legs anew, under a new id";
  return `the same leg at another endpoint${orSame ? ", or where there is none at the same one" : ""}`;
};

const remedyRow = (role: string, failure: string, remedy: Remedy) =>
  row(
    role,
    FAILURES[failure] ?? `status ${failure.replace("status_", "")}`,
    placeOf(remedy),
    remedy.most === Number.POSITIVE_INFINITY ? "every endpoint" : String(remedy.most),
    remedy.costs ? "yes" : "no",
  );

/** What is tried after which failure of which leg. */
export function retryTable(): string {
  const rows = (["prefill", "decode"] as const).flatMap((role) =>
    Object.entries(matrix[role]).flatMap(([failure, remedy]) => (remedy ? remedyRow(role, failure, remedy) : [])),
  );
  return table(["leg", "what happened", "what is tried", "at most", "from the budget"], rows);
}

const ALONE: Readonly<Record<AloneReason, string>> = {
  n: "more samples than `split_most`",
  best_of: "`best_of` above 1",
  beam_search: "beam search",
  prompt_list: "more prompts than `split_most`",
  prompt_logprobs: "log probabilities of the prompt: only who computed it has them",
  echo_logprobs: "`echo` with log probabilities",
  no_output: "no tokens are asked for",
  short_prompt: "shorter than `pd_min_prompt_tokens`",
  other_api: "another path than the two completions",
  forced_tool: "a tool call is forced, and prefill refuses one with a single token",
  prefill_down: "no prefill, and `on_prefill_down` says so",
  prefill_saturated: "every prefill at its limit, and `on_prefill_saturated` says so",
  missing_kv: "prefill handed out no KV, and `on_missing_kv` says so",
};

/** Why a request goes to decode alone. */
export const aloneTable = () =>
  table(
    ["`x-pdctl-alone`", "because"],
    Object.entries(ALONE).map(([reason, why]) => row(code(reason), why)),
  );

const FAULTS: Readonly<Record<Fault, string>> = {
  "request.invalid": "the body is no JSON object, or not what the admin API asks for",
  "request.too-large": "the body is larger than 64 MiB",
  "request.coding": "a transfer coding other than chunks",
  "request.version": "another HTTP than 1.1",
  "request.not-alone": "decode alone would have to serve it, and this connector's cannot",
  "path.unknown": "the path is not served",
  "method.refused": "the method is not",
  "proxy.full": "the queue is full",
  "proxy.slow": "no place came free within `queue_timeout_seconds`",
  "proxy.stopping": "the proxy is being stopped",
  "key.wrong": "no key of a client",
  "admin.key": "no key of an admin",
  "admin.elsewhere": "no key is set, and the admin is not on this machine",
  "instance.known": "the endpoint is there already",
  "instance.unknown": "the endpoint is not there",
  "instance.unfit": "the endpoint does not answer, or serves another model",
  "reload.restart": "what differs needs a restart",
  "reload.invalid": "the config cannot be read",
  "target.none": "no endpoint of a role can serve",
  "target.unreachable": "every endpoint that was tried refuses the connection",
  "target.broke": "an endpoint took the request and broke off",
  "target.slow": "its first byte did not come in time",
  "target.silent": "its answer stood still for `idle_timeout_seconds`",
  "decode.preempted": "decode gave the request back for want of room, and it cannot be taken up again",
  "kv.missing": "prefill handed out no KV",
  "kv.expired": "prefill holds its KV no longer",
  "handoff.slow": "no decode could be asked within `handoff_timeout_seconds`",
};

/** What the proxy itself answers with. */
export const faultsTable = () =>
  table(
    ["`x-pdctl-error`", "status", "because"],
    typedKeys(FAULTS).map((fault) => row(code(fault), String(statusOf(fault)), FAULTS[fault])),
  );

const typedKeys = <K extends string>(record: Readonly<Record<K, string>>): readonly K[] => {
  const isKey = (key: string): key is K => key in record;
  return Object.keys(record).filter(isKey);
};
