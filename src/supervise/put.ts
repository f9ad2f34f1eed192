import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { UserError } from "../errors.ts";
import type { Session } from "../nodes/session.ts";
import { ask } from "./ask.ts";
import type { Scripts } from "./scripts.ts";
import type { NodeFile } from "./supervise.ts";

const WORTH_A_QUESTION = 64 * 1024; // bytes; below that, sending again costs less than a round trip
const ANSWER_MS = 30_000;

/** Values and stdin of `put.sh` for these files, without those that the node has already. */
export interface Parcel {
  readonly values: Readonly<Record<string, readonly string[]>>;
  readonly input: Buffer;
}

/** Asks once which of the big files are missing, if there are any, and packs what must travel. */
export async function parcel(
  session: Session,
  files: readonly NodeFile[],
  scripts: Scripts,
  signal: AbortSignal,
): Promise<Parcel> {
  const big = files.filter((file) => sizeOf(file) > WORTH_A_QUESTION);
  const missing = big.length === 0 ? [] : await whichAreMissing(session, big, scripts, signal);
  const sent = files.filter((file) => !big.includes(file) || missing.includes(file));
  const links = files.filter((file) => file.link !== undefined);
  return {
    values: {
      PD_PATHS: sent.map(({ path }) => path),
      PD_SIZES: sent.map((file) => String(sizeOf(file))),
      PD_SHAS: sent.map(({ sha256 }) => sha256),
      PD_MODES: sent.map(({ mode }) => mode.toString(8)),
      PD_LINKS: links.map(({ link = "" }) => link),
      PD_LINK_TO: links.map(({ path }) => path),
    },
    input: Buffer.concat(await Promise.all(sent.map(bytesOf))),
  };
}

/** A small text as a file of the content-addressed store. */
export function stored(stateDir: string, text: string): NodeFile {
  const content = Buffer.from(text);
  const sha256 = createHash("sha256").update(content).digest("hex");
  return { path: `${stateDir}/files/${sha256}`, mode: 0o600, sha256, content };
}

function sizeOf({ content }: NodeFile): number {
  return Buffer.isBuffer(content) ? content.length : content.bytes;
}

async function bytesOf({ content }: NodeFile): Promise<Buffer> {
  if (Buffer.isBuffer(content)) return content;
  const file = content.launcherPath;
  const bytes = await readFile(file).catch((error: Error) => {
    throw new UserError("file.unreadable", { file, why: error.message }, { cause: error });
  });
  if (bytes.length === content.bytes) return bytes;
  throw new UserError("file.unreadable", {
    file,
    why: `it changed: ${content.bytes} bytes when it was looked at, ${bytes.length} now`,
  });
}

async function whichAreMissing(
  session: Session,
  files: readonly NodeFile[],
  scripts: Scripts,
  signal: AbortSignal,
): Promise<readonly NodeFile[]> {
  const values = {
    PD_ASK: "1",
    PD_PATHS: files.map(({ path }) => path),
    PD_SIZES: files.map((file) => String(sizeOf(file))),
  };
  const answer = await ask(session, scripts, { script: ["put"], values, deadlineMs: ANSWER_MS, signal });
  const positions = new Set(answer.map(([position]) => Number(position)));
  return files.filter((_, index) => positions.has(index));
}
