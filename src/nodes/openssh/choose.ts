import { readFile } from "node:fs/promises";
import { KEX } from "../handshake.ts";
import { identitiesOf } from "../identities.ts";
import { knownName, readKnownHosts, speaksOf } from "../known-hosts.ts";
import type { Hop } from "../route.ts";

/** Why a way needs the system's own ssh; undefined: pdctl's own client can go it. Source: launchers.md §4.6. */
export async function whyOpenssh(hops: readonly Hop[], textOf = reader()): Promise<string | undefined> {
  for (const hop of hops) {
    const why = await whyFor(hop, textOf);
    if (why !== undefined) return why;
  }
  return undefined;
}

async function whyFor(hop: Hop, textOf: Reader): Promise<string | undefined> {
  const { kexAlgorithms, name } = hop;
  if (kexAlgorithms.length > 0 && !KEX.some((one) => kexAlgorithms.includes(one)))
    return `ssh_config allows ${name} only key exchanges that pdctl's own client does not have (${kexAlgorithms.join(", ")})`;
  const keys = [...new Set([...(hop.identityFile === null ? [] : [hop.identityFile]), ...hop.identityFiles])];
  for (const file of [...hop.certificateFiles, ...keys.map((key) => `${key}-cert.pub`)])
    if ((await textOf(file)) !== undefined) return `the login to ${name} has a certificate, ${file}`;
  for (const file of keys)
    if (/^sk-/.test((await textOf(`${file}.pub`)) ?? "")) return `the key for ${name} is on a FIDO token, ${file}`;
  const known = knownName(hop.hostKeyAlias ?? hop.host, hop.hostKeyAlias === null ? hop.port : 22);
  for (const file of hop.knownHosts) {
    const text = (await textOf(file)) ?? "";
    if (!text.includes("@cert-authority")) continue; // most have none, and are long
    for (const line of readKnownHosts(text, file))
      if (line.marker === "cert-authority" && speaksOf(line.patterns, known))
        return `${line.where} trusts an authority for the host key of ${name}`;
  }
  if (hop.gssapi && (await identitiesOf(hop)).attempts.length === 0)
    return `there is no key to offer to ${name}, and ssh_config says GSSAPIAuthentication`;
  return undefined;
}

/** The text of a file; undefined: not there, which is how most of these files are. */
export type Reader = (file: string) => Promise<string | undefined>;

/** Every file once: the hops of a command's hundred nodes name the same two dozen. */
export function reader(): Reader {
  const texts = new Map<string, Promise<string | undefined>>();
  return (file) => {
    const text = texts.get(file) ?? read(file);
    texts.set(file, text);
    return text;
  };
}

async function read(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR"))
      return undefined;
    throw error;
  }
}
