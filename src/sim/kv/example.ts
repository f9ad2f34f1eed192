import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Ask } from "../engine/ask.ts";
import { TOKEN_BYTES } from "../engine/kv-content.ts";
import type { KvConfig } from "../start/kv-config.ts";
import { type Connector, LoadFailed, type Match, type RankContext } from "./connector.ts";

/**
 * ExampleConnector: whole prompts as folders of a directory, one file per rank of the tensor in the real one, one in all here. Both sides
 * leave the last token out, the one that loads one more: a prompt that ends with its block is never found. Source: vLLM 0.32, example_connector.py.
 */
export class ExampleConnector implements Connector {
  private readonly context: RankContext;
  private readonly directory: string;

  constructor(context: RankContext, { extra }: KvConfig) {
    this.context = context;
    this.directory = typeof extra.shared_storage_path === "string" ? extra.shared_storage_path : "/tmp";
    context.log.info("example_connector.py", `Shared storage path is ${this.directory}`);
  }

  async open(): Promise<void> {
    // no listener: the directory is all there is
  }

  close(): void {
    // every write was awaited
  }

  match(ask: Ask, computed: number): Match | undefined {
    const tokens = this.aligned(ask.prompt.length - 1);
    const folder = this.folder(ask, tokens);
    if (tokens <= computed || !existsSync(folder)) return undefined;
    this.context.log.info("example_connector.py", "External Cache Hit!");
    return { tokens: tokens - computed, via: "store", load: () => this.load(folder, computed, tokens) };
  }

  async save(ask: Ask, kv: Buffer): Promise<void> {
    if (existsSync(this.folder(ask, this.aligned(ask.prompt.length - 1)))) return;
    const tokens = this.aligned(ask.prompt.length);
    const folder = this.folder(ask, tokens);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, FILE), kv.subarray(0, tokens * TOKEN_BYTES));
  }

  finished(): undefined {
    return undefined;
  }

  private async load(folder: string, computed: number, tokens: number): Promise<Buffer> {
    try {
      this.context.log.info("example_connector.py", `Inject KV cache of ${tokens} tokens to the paged memory`);
      return (await readFile(join(folder, FILE))).subarray(computed * TOKEN_BYTES, tokens * TOKEN_BYTES);
    } catch (error) {
      throw new LoadFailed([error instanceof Error ? error.message : String(error)]);
    }
  }

  private aligned(tokens: number): number {
    const { blockSize } = this.context.pool;
    return Math.max(0, Math.floor((tokens - 1) / blockSize) * blockSize);
  }

  private folder({ prompt }: Ask, tokens: number): string {
    const hash = createHash("md5")
      .update(JSON.stringify(prompt.slice(0, tokens)))
      .digest("hex");
    return join(this.directory, hash);
  }
}

const FILE = "model.layers.0.self_attn.attn.safetensors";
