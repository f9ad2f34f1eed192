/** Lines of vLLM's log that say how far its start is, in the order in which they come. Source: vllm-cpu.md §4, launch.md §7.1. */
const patterns: readonly { readonly pattern: RegExp; text(found: RegExpExecArray): string }[] = [
  { pattern: /\bnon-default args: \{/, text: () => "arguments read" },
  { pattern: /\bResolved architecture: (\w+)/, text: ([, name]) => `model is ${name}` },
  { pattern: /\bInitializing a V1 LLM engine\b/, text: () => "engine core started" },
  { pattern: /\bStarting to load model\b/, text: () => "loading weights" },
  {
    pattern: /Loading (?:safetensors|pt) checkpoint shards:.*\|\s*(\d+)\/(\d+)/,
    text: ([, done, all]) => `${done} of ${all} shards`,
  },
  { pattern: /\bKV cache size: ([\d,]+) tokens/, text: ([, tokens]) => `KV cache of ${tokens} tokens` },
  { pattern: /\bRegistering KV_Caches\b/, text: () => "KV cache registered with NIXL" },
  {
    pattern: /Capturing (?:CUDA |ACL )?graphs?.*\|\s*(\d+)\/(\d+)/i,
    text: ([, done, all]) => `graphs ${done} of ${all}`,
  },
  { pattern: /\binit engine \(.*\) took ([\d.]+) s/, text: ([, seconds]) => `engine initialised in ${seconds} s` },
];

/** How far an engine is, in its own words; undefined: the line says nothing of it. */
export function progressOf(line: string): string | undefined {
  for (const { pattern, text } of patterns) {
    const found = pattern.exec(line);
    if (found !== null) return text(found);
  }
  return undefined;
}
