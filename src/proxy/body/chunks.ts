/** The bytes of all chunks in one buffer. Most bodies are of one chunk, which is not copied. */
export function asOne(chunks: readonly Buffer[]): Buffer {
  const [only] = chunks;
  return chunks.length === 1 && only ? only : Buffer.concat(chunks);
}
