import { createPrivateKey, sign } from "node:crypto";
import { readFile } from "node:fs/promises";
import ssh2, { type AnyAuthMethod, type ParsedKey, type SignCallback, type SigningRequestOptions } from "ssh2";
import { fingerprint } from "./known-hosts.ts";
import { asOpenSsh } from "./pkcs8.ts";
import type { Hop } from "./route.ts";

/** One key to try, and what to call it when the node refuses it. */
export interface Attempt {
  readonly label: string;
  readonly method: AnyAuthMethod;
}

/** What can be offered to a hop, and what could not and why (for the message). */
export interface Identities {
  readonly attempts: readonly Attempt[];
  readonly notes: readonly string[];
}

const MOST = 5; // sshd ends the connection after MaxAuthTries (default 6) and newer ones then shut us out for a while

interface FileKey {
  readonly file: string;
  readonly key?: ParsedKey;
  readonly publicBlob?: Buffer;
  readonly note?: string;
}

/** The topology's key first, then agent keys that the configuration names, its files, and the agent's other keys. No passwords. */
export async function identitiesOf(hop: Hop): Promise<Identities> {
  const paths = [...new Set([...(hop.identityFile === null ? [] : [hop.identityFile]), ...hop.identityFiles])];
  const files = (await Promise.all(paths.map((path) => readKey(path, path === hop.identityFile)))).filter(
    (file) => file !== undefined,
  );
  const agent = await agentKeys(hop.agentSocket);
  const named = (blob: Buffer | undefined) => blob !== undefined && files.some((file) => file.publicBlob?.equals(blob));
  const fromAgent = (key: ParsedKey): Attempt => ({
    label: `agent: ${key.comment || key.type} ${fingerprint(key.getPublicSSH())}`,
    method: { type: "agent", username: hop.user, agent: new OneKeyAgent(agent.socket, key) },
  });
  const fromFile = ({ file, key }: FileKey): Attempt[] =>
    key === undefined
      ? []
      : [
          {
            label: `${file} ${fingerprint(key.getPublicSSH())}`,
            method: { type: "publickey", username: hop.user, key },
          },
        ];
  const explicit = files.filter((file) => file.file === hop.identityFile);
  const held = (file: FileKey) => agent.keys.filter((key) => file.publicBlob?.equals(key.getPublicSSH()));
  const all = [
    ...explicit.flatMap((file) => [...fromFile(file), ...(file.key === undefined ? held(file).map(fromAgent) : [])]),
    ...agent.keys
      .filter(
        (key) => named(key.getPublicSSH()) && !explicit.some((file) => file.publicBlob?.equals(key.getPublicSSH())),
      )
      .map(fromAgent),
    ...files.filter((file) => !explicit.includes(file) && held(file).length === 0).flatMap(fromFile),
    ...(hop.identitiesOnly ? [] : agent.keys.filter((key) => !named(key.getPublicSSH())).map(fromAgent)),
  ];
  return {
    attempts: all.slice(0, MOST),
    notes: [
      ...files.flatMap((file) =>
        file.note !== undefined && held(file).length === 0 ? [`${file.file}: ${file.note}`] : [],
      ),
      ...agent.notes,
      ...all.slice(MOST).map(({ label }) => `${label}: not tried, ${MOST} keys are enough for one login`),
    ],
  };
}

/** A file of the configuration that does not exist is passed over, as ssh does; one that the topology names is said. */
async function readKey(file: string, asked: boolean): Promise<FileKey | undefined> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    const absent = error instanceof Error && "code" in error && error.code === "ENOENT";
    if (absent && !asked) return undefined;
    return {
      file,
      note: absent ? "no such file" : `cannot be read (${error instanceof Error ? error.message : String(error)})`,
    };
  }
  const pub = await readPublic(`${file}.pub`);
  const parsed = ssh2.utils.parseKey(asOpenSsh(text) ?? text);
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  if (key instanceof Error || key === undefined) {
    const encrypted = /encrypted|passphrase/i.test(`${key?.message}${text.slice(0, 400)}`);
    const note = encrypted
      ? "has a passphrase and is not in the agent: ssh-add it"
      : `${key?.message ?? "no key in it"}: ssh-keygen -p writes it anew`;
    return { file, note, ...(pub !== undefined && { publicBlob: pub }) };
  }
  if (!key.isPrivateKey())
    return { file, publicBlob: key.getPublicSSH(), note: "is a public key and its private half is not in the agent" };
  return { file, key: decoded(key), publicBlob: key.getPublicSSH() };
}

/** ssh2 hands OpenSSL the key's text at every signature, and reading that takes ten times as long as signing (0.46 ms and 0.04 ms). */
function decoded(key: ParsedKey): ParsedKey {
  if (key.type !== "ssh-ed25519") return key; // of the others the signature itself is what takes long
  const half = createPrivateKey(key.getPrivatePEM());
  return Object.assign(key, { sign: (data: Buffer) => sign(null, data, half) });
}

async function readPublic(file: string): Promise<Buffer | undefined> {
  try {
    const blob = (await readFile(file, "utf8")).split(/\s+/)[1];
    return blob === undefined ? undefined : Buffer.from(blob, "base64");
  } catch {
    return undefined; // it only tells which agent key belongs to an encrypted file; without it all agent keys are tried
  }
}

async function agentKeys(socket: string | null): Promise<{ socket: string; keys: ParsedKey[]; notes: string[] }> {
  if (socket === null || socket === "") return { socket: "", keys: [], notes: [] };
  return new Promise((resolve) => {
    new ssh2.OpenSSHAgent(socket).getIdentities((error, keys) => {
      if (error) return resolve({ socket, keys: [], notes: [`agent ${socket}: ${error.message}`] });
      const parsed = (keys ?? []).flatMap((entry) =>
        "getPublicSSH" in entry ? [entry] : "getPublicSSH" in entry.pubKey ? [entry.pubKey] : [],
      );
      resolve({ socket, keys: parsed, notes: [] });
    });
  });
}

/** ssh2 offers all keys of an agent in one go; this shows it one, so that the order and the number of tries stay ours. */
class OneKeyAgent extends ssh2.BaseAgent<ParsedKey> {
  readonly #agent: ssh2.OpenSSHAgent;
  readonly #key: ParsedKey;
  constructor(socket: string, key: ParsedKey) {
    super();
    this.#agent = new ssh2.OpenSSHAgent(socket);
    this.#key = key;
  }
  getIdentities(callback: (error: Error | undefined, keys?: ParsedKey[]) => void): void {
    callback(undefined, [this.#key]);
  }
  sign(key: ParsedKey, data: Buffer, options: SigningRequestOptions | SignCallback, callback?: SignCallback): void {
    if (typeof options === "function") this.#agent.sign(key, data, options);
    else this.#agent.sign(key, data, options, callback);
  }
}
