import type { Topic } from "../settings/setting.ts";
import { TOPICS } from "../settings/setting.ts";
import type { Option } from "./option.ts";
import { own } from "./own.ts";

const FLAGS = 34; // columns of the flags, after the indent
const WIDTH = 110;

/** What `pdctl proxy --help` says: made of the flags themselves. */
export function help(): string {
  const topics: readonly (readonly [Option["topic"], string])[] = [
    ["named", "The engines"],
    ...Object.entries(TOPICS).flatMap(([topic, title]) => (isTopic(topic) ? [[topic, title] as const] : [])),
    ["call", "This call"],
  ];
  const groups = topics.flatMap(([topic, title]) => {
    const rows = own.filter((option) => option.topic === topic).flatMap(row);
    return rows.length === 0 ? [] : ["", title, ...rows];
  });
  return [...HEAD, ...groups, "", ...TAIL, ""].join("\n");
}

const isTopic = (word: string): word is Topic => word in TOPICS;

const HEAD = [
  "Serve OpenAI's API in front of prefill and decode engines, until SIGTERM.",
  "",
  "Usage  pdctl proxy --prefill URL --decode URL [options]",
  "       pdctl proxy --prefiller-hosts HOST… --prefiller-ports PORT… --decoder-hosts HOST… --decoder-ports PORT… [options]",
  "       pdctl proxy --config FILE [options]",
];

const TAIL = [
  "Flags of vllm-router, of vLLM's, UCM's and vllm-ascend's proxies and of llm-d's sidecar are taken too; what has no meaning here is said.",
  "Serves /v1/completions and /v1/chat/completions over prefill and decode; from decode alone, with x-pdctl-alone in the answer, what one KV",
  "cannot serve. All of it, with its metrics and every key of a config: docs/proxy.md",
  "Exit   0 stopped when asked, or nothing wrong; 1 cannot listen; 2 flags or a config with errors",
];

function row({ names, shows, says, words = [], usual }: Option): readonly string[] {
  const dashed = names.map((name) =>
    name.length === 1 ? `-${name}` : usual === "true" ? `--no-${name}` : `--${name}`,
  );
  const flags = shows === "" ? dashed.join(", ") : `${dashed.join(", ")} ${shows}`;
  const last = usual === undefined ? "" : usual === "true" ? " Usually on." : ` Usually ${usual}.`;
  const values = words.length > 1 ? ` One of ${words.join(", ")}.` : "";
  const lines = wrapped(`${says}${values}${last}`, WIDTH - FLAGS);
  const [first = "", ...rest] = flags.length < FLAGS ? lines : ["", ...lines];
  return [`  ${flags.padEnd(FLAGS)}${first}`.trimEnd(), ...rest.map((line) => `  ${" ".repeat(FLAGS)}${line}`)];
}

function wrapped(text: string, width: number): readonly string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1) ?? "";
    if (line === "") lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}
