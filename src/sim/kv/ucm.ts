import { createHash, randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { access, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Ask } from "../engine/ask.ts";
import { blockHashes } from "../engine/blocks.ts";
import { TOKEN_BYTES } from "../engine/kv-content.ts";
import { engineRaised } from "../fatal.ts";
import { isObject, type JsonObject } from "../json.ts";
import type { KvConfig } from "../start/kv-config.ts";
import { type Connector, type Finished, type Handed, LoadFailed, type Match, type RankContext } from "./connector.ts";

/** UCM: whole blocks as files in shared directories; who computes the same chain of keys finds them. Source: launch.md §3.8. */
export class UcmConnector implements Connector {
  private readonly context: RankContext;
  private readonly directories: readonly string[];
  private readonly persists: boolean;
  private readonly seed: string;

  private constructor(context: RankContext, directories: readonly string[], persists: boolean) {
    const { config, env } = context;
    this.context = context;
    this.directories = directories;
    this.persists = persists;
    // without a seed, Python's hashes differ from process to process: nothing would ever be found by another engine
    const hashSeed = env.PYTHONHASHSEED ?? randomBytes(16).toString("hex");
    this.seed = createHash("sha256")
      .update(JSON.stringify([config.model, config.parallel.tp, config.dtype, config.kvCacheDtype, hashSeed]))
      .digest("hex");
  }

  static async make(context: RankContext, kv: KvConfig): Promise<UcmConnector> {
    const { platform } = context.config;
    if (platform.name === "cpu" || platform.name === "gaudi")
      throw engineRaised("RuntimeError", "Unsupported device platform for UCMDirectConnector.");
    const config = await readConfig(kv.extra.UCM_CONFIG_FILE, context);
    const [entry] = Array.isArray(config.ucm_connectors) ? config.ucm_connectors : [];
    if (!isObject(entry) || typeof entry.ucm_connector_name !== "string")
      throw engineRaised("TypeError", "no storage connector name in config.");
    const settings = isObject(entry.ucm_connector_config) ? entry.ucm_connector_config : {};
    const backends = String(settings.storage_backends ?? "")
      .split(":")
      .filter((one) => one !== "");
    if (backends.length === 0) throw engineRaised("KeyError", "'storage_backends'");
    await Promise.all(backends.map(provide));
    return new UcmConnector(context, backends, !/empty|fake/i.test(String(settings.store_pipeline ?? "")));
  }

  async open(): Promise<void> {
    // no listener: the directories are all there is
  }

  close(): void {
    // every write was awaited
  }

  async match(ask: Ask, computed: number): Promise<Match | undefined> {
    const { pool, log } = this.context;
    const keys = this.keys(ask);
    const inCache = computed / pool.blockSize;
    let found = 0;
    while (inCache + found < keys.length && (await present(this.file(keys[inCache + found] ?? "")))) found++;
    log.info(
      "ucm_connector.py",
      `request_id: ${ask.id}, total_blocks_num: ${keys.length}, hit hbm: ${inCache}, hit external: ${found}`,
    );
    if (found === 0) return undefined;
    const tokens = found * pool.blockSize;
    const whole = computed + tokens === ask.prompt.length;
    return {
      tokens: whole ? tokens - 1 : tokens,
      via: "store",
      load: () => this.load(keys.slice(inCache, inCache + found), whole ? tokens - 1 : tokens),
    };
  }

  async save(ask: Ask, kv: Buffer): Promise<void> {
    if (!this.persists) return;
    const size = this.context.pool.blockSize * TOKEN_BYTES;
    for (const [at, key] of this.keys(ask).entries()) {
      const file = this.file(key);
      if (await present(file)) continue;
      await mkdir(dirname(file), { recursive: true });
      const temporary = `${file}.${process.pid}.${this.context.rank}.tmp`;
      await writeFile(temporary, kv.subarray(at * size, (at + 1) * size));
      await rename(temporary, file);
    }
  }

  finished(_: Finished): Handed | undefined {
    return undefined;
  }

  private async load(keys: readonly string[], tokens: number): Promise<Buffer> {
    try {
      const blocks = await Promise.all(keys.map((key) => readFile(this.file(key))));
      return Buffer.concat(blocks).subarray(0, tokens * TOKEN_BYTES);
    } catch (error) {
      throw new LoadFailed([`request load error: ${error instanceof Error ? error.message : String(error)}`]);
    }
  }

  private keys(ask: Ask): readonly string[] {
    return blockHashes(ask.prompt, this.context.pool.blockSize, `${this.seed}${ask.salt}`);
  }

  private file(key: string): string {
    const directory = this.directories[Number.parseInt(key.slice(0, 4), 16) % this.directories.length] ?? "";
    return join(directory, "data", key.slice(0, 2), key);
  }
}

async function readConfig(file: unknown, { log }: RankContext): Promise<JsonObject> {
  if (typeof file !== "string" || !existsSync(file)) {
    log.error("ucm_connector.py", `UCM config file not found: ${String(file)}`); // as UCM: it goes on, and fails on the missing name
    return {};
  }
  const { parse } = await import("yaml"); // only here: a start without UCM does not pay for it
  const parsed: unknown = parse(readFileSync(file, "utf8"));
  return isObject(parsed) ? parsed : {};
}

/** The backend itself is made where its parent is there, as the store makes its own folders; a mount that is missing stays an error. */
async function provide(backend: string): Promise<void> {
  try {
    await mkdir(backend);
  } catch (error) {
    if (existsSync(backend)) return;
    const why = error instanceof Error ? error.message : String(error);
    throw engineRaised("RuntimeError", `Failed to initialize store on storage backend ${backend}: ${why}`);
  }
}

const present = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );
