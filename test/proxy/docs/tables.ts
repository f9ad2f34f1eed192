import { openBooks } from "../../../src/proxy/books/books.ts";
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
  silent: "the request was taken and not a byte came back",
  broken: "a stream's head came and nothing else",
  timeout: "no answer in time",
  error_event: "the stream begins with an error that is the engine's own",
  no_kv: "prefill answered without KV, and `on_missing_kv` says retry",
  stale: "the ticket went stale, or `handoff_timeout_seconds` was over, before decode was asked",
};

const remedyRow = (role: string, failure: string, { next, most, costs }: Remedy) =>
  row(
    role,
    FAILURES[failure] ?? `status ${failure.replace("status_", "")}`,
    next === "other" ? "the same leg at another endpoint" : "both legs anew, under a new id",
    most === Number.POSITIVE_INFINITY ? "every endpoint" : String(most),
    costs ? "yes" : "no",
  );

/** What is tried after which failure of which leg. */
export function retryTable(): string {
  const rows = (["prefill", "decode"] as const).flatMap((role) =>
    Object.entries(matrix[role]).flatMap(([failure, remedy]) => (remedy ? remedyRow(role, failure, remedy) : [])),
  );
  return table(["leg", "what happened", "what is tried", "at most", "from the budget"], rows);
}
