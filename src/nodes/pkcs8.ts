import { createPrivateKey } from "node:crypto";

/**
 * A PKCS#8 key ("BEGIN PRIVATE KEY") in a form that ssh2 reads, or undefined for anything else. RSA and EC keys have older PEM
 * forms; Ed25519 has none, so its OpenSSH form is written out (openssh PROTOCOL.key).
 */
export function asOpenSsh(text: string): string | undefined {
  if (!/^-----BEGIN PRIVATE KEY-----/m.test(text)) return undefined;
  const key = createPrivateKey(text);
  if (key.asymmetricKeyType === "rsa") return key.export({ type: "pkcs1", format: "pem" }).toString();
  if (key.asymmetricKeyType === "ec") return key.export({ type: "sec1", format: "pem" }).toString();
  if (key.asymmetricKeyType !== "ed25519") return undefined;
  const { x = "", d = "" } = key.export({ format: "jwk" });
  const [pub, seed] = [Buffer.from(x, "base64url"), Buffer.from(d, "base64url")];
  const publicBlob = Buffer.concat([field("ssh-ed25519"), field(pub)]);
  const check = Buffer.alloc(8); // twice the same number: proves a right passphrase, and there is none
  const secret = Buffer.concat([check, field("ssh-ed25519"), field(pub), field(Buffer.concat([seed, pub])), field("")]);
  const padding = Buffer.from(Array.from({ length: (8 - (secret.length % 8)) % 8 }, (_, index) => index + 1));
  const one = Buffer.from([0, 0, 0, 1]);
  const blob = Buffer.concat([
    Buffer.from("openssh-key-v1\0"),
    field("none"),
    field("none"),
    field(""),
    one,
    field(publicBlob),
    field(Buffer.concat([secret, padding])),
  ]);
  const lines = blob.toString("base64").match(/.{1,70}/g) ?? [];
  return ["-----BEGIN OPENSSH PRIVATE KEY-----", ...lines, "-----END OPENSSH PRIVATE KEY-----", ""].join("\n");
}

function field(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
