import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

export interface Certificate {
  readonly tls: { readonly cert: string; readonly key: string };
  /** PEM: it vouches for itself. */
  readonly ca: string;
}

/** A certificate of its own for this machine, named `name`, as files in a folder. */
export async function certificate(folder: string, name: string): Promise<Certificate> {
  const tls = { cert: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) };
  const subject = ["-subj", `/CN=${name}`, "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1"];
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  await promisify(execFile)("openssl", ["req", "-x509", ...kind, "-keyout", tls.key, "-out", tls.cert, ...subject]);
  return { tls, ca: await readFile(tls.cert, "utf8") };
}
