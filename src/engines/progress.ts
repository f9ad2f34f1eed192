/** Lines of vLLM's log that say how far its start is; the first group that matches becomes the text. Source: vllm-cpu.md §4, launch.md §7.1. */
const patterns: readonly { readonly pattern: RegExp; text(found: RegExpExecArray): string }[] = [
  {
    pattern: /Loading (?:safetensors|pt) checkpoint shards:.*\|\s*(\d+)\/(\d+)/,
    text: ([, done, all]) => `${done} of ${all} shards`,
  },
  {
    pattern: /Capturing (?:CUDA |ACL )?graphs?.*\|\s*(\d+)\/(\d+)/i,
    text: ([, done, all]) => `graphs ${done} of ${all}`,
  },
];

/** How far an engine is, in its own words; undefined: the line says nothing of it. */
export function progressOf(line: string): string | undefined {
  for (const { pattern, text } of patterns) {
    const found = pattern.exec(line);
    if (found !== null) return text(found);
  }
  return undefined;
}
