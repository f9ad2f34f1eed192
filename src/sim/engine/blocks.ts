import { createHash } from "node:crypto";
import { TOKEN_BYTES } from "./kv-content.ts";

interface Block {
  holders: number;
  hash: string | undefined;
  readonly content: Buffer;
}

/** The paged KV cache of one rank. Block 0 is vLLM's null block and never handed out. Freed blocks keep their content until they are reused. */
export class BlockPool {
  readonly count: number;
  readonly blockSize: number;
  private readonly blocks = new Map<number, Block>();
  private readonly byHash = new Map<string, number>();
  /** Least recently freed first. */
  private readonly free = new Set<number>();
  private fresh = 1;

  constructor(count: number, blockSize: number) {
    this.count = count;
    this.blockSize = blockSize;
  }

  get used(): number {
    return this.blocks.size - this.free.size;
  }

  /** So many blocks, each held once; undefined when there are not enough. */
  allocate(wanted: number): readonly number[] | undefined {
    if (this.count - this.used < wanted) return undefined;
    return Array.from({ length: wanted }, () => this.take());
  }

  private take(): number {
    const id = this.fresh <= this.count ? this.fresh++ : this.oldest();
    this.free.delete(id);
    const before = this.blocks.get(id);
    if (before?.hash !== undefined && this.byHash.get(before.hash) === id) this.byHash.delete(before.hash);
    this.blocks.set(id, {
      holders: 1,
      hash: undefined,
      content: before?.content ?? Buffer.alloc(this.blockSize * TOKEN_BYTES),
    });
    return id;
  }

  private oldest(): number {
    for (const id of this.free) return id;
    return 0;
  }

  release(ids: readonly number[]): void {
    for (const id of ids) {
      const block = this.blocks.get(id);
      if (block !== undefined && --block.holders === 0) this.free.add(id);
    }
  }

  /** What a reader gets who comes after the lease: another request's bytes. Blocks that somebody else still holds keep theirs. */
  scramble(ids: readonly number[]): void {
    for (const id of ids) {
      const block = this.blocks.get(id);
      if (block === undefined || block.holders > 0) continue;
      if (block.hash !== undefined) this.byHash.delete(block.hash);
      block.hash = undefined;
      for (let at = 0; at < block.content.length; at++) block.content[at] = (block.content[at] ?? 0) ^ 0x5a;
    }
  }

  /** The longest run of cached blocks from the start; they are held by the caller from now on. */
  lookup(hashes: readonly string[]): readonly number[] {
    const found: number[] = [];
    for (const hash of hashes) {
      const id = this.byHash.get(hash);
      const block = id === undefined ? undefined : this.blocks.get(id);
      if (id === undefined || block === undefined) break;
      block.holders++;
      this.free.delete(id);
      found.push(id);
    }
    return found;
  }

  remember(id: number, hash: string): void {
    const block = this.blocks.get(id);
    if (block === undefined || this.byHash.has(hash)) return;
    block.hash = hash;
    this.byHash.set(hash, id);
  }

  write(ids: readonly number[], kv: Buffer): void {
    const size = this.blockSize * TOKEN_BYTES;
    ids.forEach((id, at) => {
      kv.copy(this.content(id), 0, at * size, (at + 1) * size);
    });
  }

  read(ids: readonly number[]): Buffer {
    return Buffer.concat(ids.map((id) => this.content(id)));
  }

  has(id: number): boolean {
    return Number.isInteger(id) && id >= 0 && id <= this.count;
  }

  private content(id: number): Buffer {
    return this.blocks.get(id)?.content ?? Buffer.alloc(this.blockSize * TOKEN_BYTES);
  }
}

/** One hash per whole block, each over all tokens before it; a salt keeps the chains of different callers apart. */
export function blockHashes(tokens: readonly string[], blockSize: number, seed: string): readonly string[] {
  const hashes: string[] = [];
  let last = seed;
  for (let from = 0; from + blockSize <= tokens.length; from += blockSize) {
    last = createHash("sha256")
      .update(JSON.stringify([last, tokens.slice(from, from + blockSize)]))
      .digest("hex")
      .slice(0, 32);
    hashes.push(last);
  }
  return hashes;
}
